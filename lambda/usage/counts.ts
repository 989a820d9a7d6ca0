import type { TokenUsage, UsageOrigin } from './token-usage';

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined. Arrays are none. */
export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Json : undefined;
}

/** A token count: a whole number from 0 to 2⁵³ − 1. What is anything else is no count. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The counts of one call as its vendor spells them, before they are put into buckets. */
export interface RawCounts {
  readonly input: unknown;
  readonly output: unknown;
  /** Input, output and cache tokens together, where the vendor says so. */
  readonly total?: unknown;
  readonly cacheRead?: unknown;
  readonly cacheWrite?: unknown;
  /** How much of the cache writes lives for an hour; the rest lives for 5 minutes. */
  readonly cacheWrite1h?: unknown;
}

/**
 * Puts counts into disjoint buckets. Cache tokens stand beside the input count, except where the total says that they
 * are inside it.
 *
 * @returns undefined where there is neither an input nor an output count, or where a count contradicts another
 */
export function bucketsOf(raw: RawCounts, source: UsageOrigin): TokenUsage | undefined {
  const input = countOf(raw.input);
  const output = countOf(raw.output);
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = countOf(raw.cacheRead) ?? 0;
  const cacheWrite = countOf(raw.cacheWrite) ?? 0;
  const cacheWrite1h = Math.min(countOf(raw.cacheWrite1h) ?? 0, cacheWrite);
  const cached = cacheRead + cacheWrite;
  const inside = cached > 0 && cached <= input && countOf(raw.total) === input + output;
  const usage: TokenUsage = {
    uncachedInputTokens: inside ? input - cached : input,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite - cacheWrite1h,
    cacheWrite1hTokens: cacheWrite1h,
    outputTokens: output,
    source,
    partial: false,
  };
  return Number.isSafeInteger(input + cached + output) ? usage : undefined;
}
