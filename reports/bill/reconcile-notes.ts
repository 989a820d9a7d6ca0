import type { BilledCosts } from './billed-costs';
import type { Reconciliation } from './reconciliation';
import { parseModelId } from '../../lambda/pricing/model-id';
import { usdText } from '../../lambda/pricing/usd-text';
import { SERVICE_NAMES } from '../../lambda/usage/model-calls';
import { atLeastNotes, unitsText } from '../figures/cost-notes';

/** Maximum number of models or usage types that a note lists by name. */
const MAX_NAMES = 5;

/**
 * Returns sentences that explain the comparison with the bill, such as excluded amounts and reasons for
 * differences.
 *
 * @param unreadable number of traces with an impossible time
 */
export function reconciliationNotes(
  result: Omit<Reconciliation, 'notes'>,
  { rows, unattributed }: BilledCosts,
  unreadable: number,
): string[] {
  const { unsettledDays, estimatedDays, total, onlyRecorded, onlyBilled, recordedUnits } = result;
  const settledRows = rows.filter(({ day }) => !unsettledDays.includes(day));
  const unknownUnits = [
    ...new Set(settledRows.filter(row => row.unknownUnits.length > 0).map(({ model }) => model)),
  ];
  const hidden = onlyRecorded.filter(model => parseModelId(model).opaque || SERVICE_NAMES.has(model));
  const named = onlyRecorded.filter(model => !hidden.includes(model));
  const usageTypes = [
    ...new Set(
      unattributed
        .filter(({ reason, day }) => reason !== 'not-tokens' && !unsettledDays.includes(day))
        .map(({ service, usageType }) => `${service}: ${usageType}`),
    ),
  ];
  const unpriced = total.recorded?.unpriced ?? 0;
  return [
    ...sentence(
      unsettledDays.length > 0,
      `The bill may be incomplete for ${daysText(unsettledDays)}, because Cost Explorer is up to 24 hours ` +
        `late. No total includes ${unsettledDays.length === 1 ? 'this day' : 'these days'}.`,
    ),
    ...sentence(
      estimatedDays.length > 0,
      `The billed amounts of ${daysText(estimatedDays)} can change until the invoice of the month is final.`,
    ),
    ...sentence(
      unpriced > 0,
      `${count(unpriced, 'recorded call')} ${unpriced === 1 ? 'is' : 'are'} unpriced, so the true cost is higher.`,
    ),
    ...atLeastNotes(total.recorded ?? {}, 'Recorded, at least'),
    ...(recordedUnits
      ? [
          `${usdText(recordedUnits.picoUsd)} of the recorded cost is for units besides tokens ` +
            `(${unitsText(recordedUnits.units)}). It is not compared, because the bill has other charges for units.`,
        ]
      : []),
    ...sentence(unreadable > 0, `No total includes ${count(unreadable, 'trace')} with an impossible time.`),
    ...sentence(
      result.unattributed.picoUsd !== 0n,
      `${usdText(result.unattributed.picoUsd)} is billed by the token under names that do not identify a ` +
        `model. Only the total includes it: ${listed(usageTypes)}.`,
    ),
    ...sentence(
      result.other.picoUsd !== 0n,
      `${usdText(result.other.picoUsd)} is not billed by the token (for example guardrails, knowledge bases, ` +
        'provisioned throughput), and is not compared.',
    ),
    ...sentence(
      unknownUnits.length > 0,
      `The billed unit of some tokens is unknown, so they are not compared: ${listed(unknownUnits)}.`,
    ),
    ...sentence(
      hidden.length > 0,
      `Recorded under a name that hides the foundation model, which the bill names: ${listed(hidden)}.`,
    ),
    ...sentence(named.length > 0, `Recorded, but not billed: ${listed(named)}.`),
    ...sentence(
      onlyBilled.length > 0,
      'Billed, but not recorded, for example because the calls are not instrumented, or are from another ' +
        `account or region: ${listed(onlyBilled)}.`,
    ),
  ];
}

function sentence(holds: boolean, text: string): string[] {
  return holds ? [text] : [];
}

function daysText(days: readonly string[]): string {
  return days.length > 1 ? `${count(days.length, 'day')} (${days[0]} to ${days.at(-1)})` : days.join('');
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES
    ? `${shown} and ${(names.length - MAX_NAMES).toLocaleString('en-US')} more`
    : shown;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;
}
