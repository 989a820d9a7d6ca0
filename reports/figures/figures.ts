import { picoToDecimalString } from '../../lambda/pricing/pico';
import type { Totals } from '../../lambda/rollup/day-totals';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Amount, Figures, Money, NamedFigures } from '../results';

const MICROS_PER_MS = 1000;

/** Totals as a report says them. */
export function figuresOf(totals: Totals): Figures {
  const inputTokens = promptTokens(totals);
  return {
    answered: totals.calls,
    failed: totals.errors,
    fromCache: totals.cached,
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
    cost: money(totals.picoUsd, totals.unpriced),
  };
}

/** An amount that so many calls of unknown cost are missing from. */
export function money(picoUsd: bigint, unpriced: number): Money {
  return { picoUsd, usd: picoToDecimalString(picoUsd), atLeast: unpriced > 0, unpriced };
}

/**
 * The dearest first; of equal ones those with more calls,
 * and then by name, so that the order is always the same.
 */
export function sortByCost<Entry extends NamedFigures>(entries: readonly Entry[]): Entry[] {
  return [...entries].sort(
    (one, other) =>
      compare(other.cost.picoUsd, one.cost.picoUsd) ||
      other.answered - one.answered ||
      (one.name < other.name ? -1 : 1),
  );
}

const PICO_PER_USD = 10n ** 12n;
const PLACES = 2;
/** Significant digits of an amount below a dollar, and the most places it can have. */
const SIGNIFICANT = 4;
const MAX_PLACES = 12;

/** An amount for a person to read: `$1,234.57`, `$0.01234`, `$0.00`. Rounded; the exact one is its `usd`. */
export function usdText(picoUsd: bigint): string {
  const amount = picoUsd < 0n ? -picoUsd : picoUsd;
  const usd = Number(picoToDecimalString(amount));
  const text =
    amount >= PICO_PER_USD
      ? usd.toLocaleString('en-US', { minimumFractionDigits: PLACES, maximumFractionDigits: PLACES })
      : Number(usd.toPrecision(SIGNIFICANT)).toLocaleString('en-US', {
          minimumFractionDigits: PLACES,
          maximumFractionDigits: MAX_PLACES,
        });
  return `${picoUsd < 0n ? '-' : ''}$${text}`;
}

/** A cost for a person to read, with what is not known of it: `≥ $1.23 (2 unpriced)`. */
export function costText({ picoUsd, unpriced }: Pick<Money, 'picoUsd' | 'unpriced'>): string {
  return unpriced > 0
    ? `≥ ${usdText(picoUsd)} (${unpriced.toLocaleString('en-US')} unpriced)`
    : usdText(picoUsd);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Returns an exact amount in pico-dollars and in US dollars. */
export function toAmount(picoUsd: bigint): Amount {
  return { picoUsd, usd: picoToDecimalString(picoUsd) };
}

/** Returns one amount as a share of another. Undefined if the other is 0. */
export function shareOf(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Number(part) / Number(whole);
}
