import { usdText } from '../../lambda/pricing/usd-text';
import { shortened } from '../../lambda/process/safe-text';
import { reasonsText } from '../../lambda/traces/reason-texts';
import type { Figures, Money } from '../results';

const MAX_UNIT_LENGTH = 40;

/**
 * Returns sentences for people about the cost of a report: the reasons why it is a lower bound, and the cost
 * of billed units besides tokens. Returns no sentences if there is neither.
 */
export function costNotes({ cost, repriced, units, unitCost }: Figures): string[] {
  return [
    ...atLeastNotes(cost),
    ...(repriced ? atLeastNotes(repriced, 'At least, repriced') : []),
    ...(unitCost ? [`Units besides tokens cost ${usdText(unitCost.picoUsd)}: ${unitsText(units)}.`] : []),
  ];
}

/**
 * Returns a sentence about the calls whose true cost may be higher, with the reasons. Returns no sentence if
 * there are no such calls.
 *
 * @param name text that begins the sentence and names the cost
 */
export function atLeastNotes(
  { lowerBound = 0, reasons = {} }: Pick<Money, 'lowerBound' | 'reasons'>,
  name = 'At least',
): string[] {
  if (lowerBound === 0) return [];
  const calls = `${lowerBound.toLocaleString('en-US')} ${lowerBound === 1 ? 'call' : 'calls'}`;
  return [`${name}: ${calls} may have cost more: ${reasonsText(Object.entries(reasons))}.`];
}

/** Lists the numbers of billed units besides tokens: `4 guardrailContent, 1 images`. */
export function unitsText(units: Figures['units'] = {}): string {
  return Object.entries(units)
    .map(([unit, count]) => `${count.toLocaleString('en-US')} ${shortened(unit, MAX_UNIT_LENGTH)}`)
    .join(', ');
}
