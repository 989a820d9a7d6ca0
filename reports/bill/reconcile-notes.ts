import type { BilledCosts } from './billed-costs';
import type { Reconciliation } from './reconciliation';
import { parseModelId } from '../../lambda/pricing/model-id';
import { usdText } from '../../lambda/pricing/usd-text';

/** How many names a sentence has. */
const MAX_NAMES = 5;

/**
 * What a reader of a reconciliation has to know of it: what
 * its figures leave out, and why the two sides may differ.
 */
export function reconciliationNotes(
  result: Omit<Reconciliation, 'notes'>,
  { rows, unattributed }: BilledCosts,
  unreadable: number,
): string[] {
  const { unsettledDays, estimatedDays, total, onlyRecorded, onlyBilled } = result;
  const settledRows = rows.filter(({ day }) => !unsettledDays.includes(day));
  const unknownUnits = [
    ...new Set(settledRows.filter(row => row.unknownUnits.length > 0).map(({ model }) => model)),
  ];
  const hidden = onlyRecorded.filter(model => parseModelId(model).opaque);
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
      `The bill may not have all of ${daysText(unsettledDays)} yet: Cost Explorer is up to 24 hours ` +
        `late. ${unsettledDays.length === 1 ? 'It is' : 'They are'} in no sum.`,
    ),
    ...sentence(
      estimatedDays.length > 0,
      `What is billed for ${daysText(estimatedDays)} can still change until the month's invoice is final.`,
    ),
    ...sentence(
      unpriced > 0,
      `${count(unpriced, 'recorded call')} had no known price: what was recorded is at least so much.`,
    ),
    ...sentence(
      unreadable > 0,
      `${count(unreadable, 'trace')} in the table, whose time cannot be right, ${unreadable === 1 ? 'is' : 'are'} in no sum.`,
    ),
    ...sentence(
      result.unattributed.picoUsd !== 0n,
      `${usdText(result.unattributed.picoUsd)} is billed by the token under names that fit no one ` +
        `model, and is in the total alone: ${listed(usageTypes)}.`,
    ),
    ...sentence(
      result.other.picoUsd !== 0n,
      `${usdText(result.other.picoUsd)} is not billed by the token (such as guardrails, knowledge ` +
        'bases, provisioned throughput) and compared with nothing.',
    ),
    ...sentence(
      unknownUnits.length > 0,
      `The bill's unit is not clear for some tokens of ${listed(unknownUnits)}: these are in no ` +
        'comparison of tokens.',
    ),
    ...sentence(
      hidden.length > 0,
      `Recorded under a name that hides the foundation model, which the bill does not: ${listed(hidden)}.`,
    ),
    ...sentence(named.length > 0, `Recorded and not billed: ${listed(named)}.`),
    ...sentence(
      onlyBilled.length > 0,
      'Billed and not recorded, as for calls that are not instrumented or of another account or ' +
        `region: ${listed(onlyBilled)}.`,
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
