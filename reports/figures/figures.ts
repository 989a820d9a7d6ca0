import type { LowerBound } from './lower-bound';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { usdText } from '../../lambda/pricing/usd-text';
import type { Totals } from '../../lambda/rollup/usage-sums';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Amount, Figures, Money, NamedFigures } from '../results';

const MICROS_PER_MS = 1000;

/**
 * Converts the totals of invocations to figures for a report. For example, adds the cost in US dollars as
 * text.
 */
export function figuresOf(totals: Totals): Figures {
  const inputTokens = promptTokens(totals);
  return {
    answered: totals.answered,
    failed: totals.failed,
    fromCache: totals.fromCache,
    partial: totals.partial,
    inputTokens,
    uncachedInputTokens: totals.uncachedInputTokens,
    cacheReadTokens: totals.cacheReadTokens,
    cacheWrite5mTokens: totals.cacheWrite5mTokens,
    cacheWrite1hTokens: totals.cacheWrite1hTokens,
    outputTokens: totals.outputTokens,
    ...(totals.speechInputTokens > 0 ? { speechInputTokens: totals.speechInputTokens } : {}),
    ...(totals.speechOutputTokens > 0 ? { speechOutputTokens: totals.speechOutputTokens } : {}),
    totalTokens: inputTokens + totals.outputTokens,
    ...(inputTokens > 0 ? { cacheShare: totals.cacheReadTokens / inputTokens } : {}),
    ...(totals.latencyCalls > 0
      ? { meanLatencyMs: Math.round(totals.latencyMicros / totals.latencyCalls) / MICROS_PER_MS }
      : {}),
    cost: money(totals.picoUsd, totals.unpriced, totals),
    ...(totals.units && {
      units: Object.fromEntries([...totals.units].sort(byName)),
      unitCost: toAmount(totals.unitPicoUsd),
    }),
  };
}

/** Creates the `Money` object of a cost. Its `atLeast` is true if the true cost may be higher. */
export function money(picoUsd: bigint, unpriced: number, bound: LowerBound = {}): Money {
  return {
    picoUsd,
    usd: picoToDecimalString(picoUsd),
    atLeast: unpriced + (bound.lowerBound ?? 0) > 0,
    unpriced,
    ...boundFields(bound),
  };
}

/**
 * Returns the members of a report about invocations whose true cost may be higher. Empty if there are none.
 */
export function boundFields({ lowerBound = 0, reasons }: LowerBound): Pick<Money, 'lowerBound' | 'reasons'> {
  return {
    ...(lowerBound > 0 && { lowerBound }),
    ...(reasons && { reasons: Object.fromEntries([...reasons].sort(byName)) }),
  };
}

function byName([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : 1;
}

/**
 * Sorts by cost, highest first. Entries of equal cost are sorted by answered invocations, most first, then by
 * name.
 */
export function sortByCost<Entry extends NamedFigures>(entries: readonly Entry[]): Entry[] {
  return [...entries].sort(
    (one, other) =>
      compare(other.cost.picoUsd, one.cost.picoUsd) ||
      other.answered - one.answered ||
      (one.name < other.name ? -1 : 1),
  );
}

/**
 * Formats a cost for people. If the true cost may be higher, the text shows the number of invocations that
 * cause this: `≥ $1.23 (2 unpriced, 3 at least)`.
 */
export function costText({
  picoUsd,
  unpriced,
  lowerBound = 0,
}: Pick<Money, 'picoUsd' | 'unpriced' | 'lowerBound'>): string {
  const counts = [
    ...(unpriced > 0 ? [`${unpriced.toLocaleString('en-US')} unpriced`] : []),
    ...(lowerBound > 0 ? [`${lowerBound.toLocaleString('en-US')} at least`] : []),
  ];
  return counts.length > 0 ? `≥ ${usdText(picoUsd)} (${counts.join(', ')})` : usdText(picoUsd);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Returns an amount as pico-dollars, and as decimal text in US dollars, such as `0.00036771`. */
export function toAmount(picoUsd: bigint): Amount {
  return { picoUsd, usd: picoToDecimalString(picoUsd) };
}

/** Returns `part` divided by `whole`, or undefined if `whole` is 0. */
export function shareOf(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Number(part) / Number(whole);
}
