import { countsCacheInside } from './model-family';
import type { TokenUsage, UsageOrigin } from './token-usage';

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined. Arrays are none. */
export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** No answer has nearly as many events. */
const MAX_EVENTS = 1_000_000;
const FIRST_EVENTS = 1000;

/**
 * The events of a stream; undefined for what is no list. Of
 * one that is longer than any answer, its begin and its end.
 */
export function eventsOf(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const events: readonly unknown[] = value;
  return events.length <= MAX_EVENTS
    ? events
    : [...events.slice(0, FIRST_EVENTS), ...events.slice(FIRST_EVENTS - MAX_EVENTS)];
}

/** A token count: a whole number from 0 to 2⁵³ − 1. What is anything else is no count. */
export function countOf(value: unknown): number | undefined {
  // −0 is a number that prints and adds oddly.
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value || 0 : undefined;
}

/** The count of two spellings of one number: where they differ, the larger. */
export function largerOf(one: unknown, other: unknown): number | undefined {
  const a = countOf(one);
  const b = countOf(other);
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

/** The sum of what are counts. */
export function added(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (countOf(value) ?? 0), 0);
}

/**
 * The counts of one call as they are told, before they are put into buckets. What is undefined was not told.
 */
export interface Counts {
  readonly input?: number;
  readonly output?: number;
  /** Input, output and cache tokens together. */
  readonly total?: number;
  readonly cacheRead?: number;
  /** All cache writes. */
  readonly cacheWrite?: number;
  /** How much of the cache writes lives for an hour; the rest lives for the default time. */
  readonly cacheWrite1h?: number;
  /** The shape of the body counts cache tokens inside its input count. */
  readonly cacheInside?: boolean;
}

/** How counts came. */
export interface Provenance {
  readonly source: UsageOrigin;
  /** Tells the model's family, which counts cache tokens inside its input or apart from it. */
  readonly modelId: string;
  readonly partial?: boolean;
}

/**
 * Puts counts into disjoint buckets.
 *
 * @returns undefined where the input or the output count is
 * not told, or where the counts are too large to add up
 */
export function usageOf(
  counts: Counts,
  { source, modelId, partial = false }: Provenance,
): TokenUsage | undefined {
  const uncachedInputTokens = uncachedInput(counts, modelId);
  const { output, cacheRead = 0, cacheWrite = 0 } = counts;
  if (uncachedInputTokens === undefined || output === undefined) return undefined;
  const cacheWrite1hTokens = Math.min(counts.cacheWrite1h ?? 0, cacheWrite);
  if (!Number.isSafeInteger(uncachedInputTokens + cacheRead + cacheWrite + output)) return undefined;
  return {
    uncachedInputTokens,
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens: output,
    source,
    partial,
  };
}

/**
 * The input tokens that are neither read from the cache nor written to it. The total tells whether an
 * input count holds the cache tokens; where it is not told, the body's shape or the model's family does.
 */
function uncachedInput(counts: Counts, modelId: string): number | undefined {
  const { input, output, total, cacheRead = 0, cacheWrite = 0 } = counts;
  const cached = cacheRead + cacheWrite;
  // Cache tokens that are more than the input cannot be inside it.
  if (input === undefined || cached === 0 || cached > input) return input;
  if (total !== undefined && output !== undefined) {
    if (total === input + output) return input - cached;
    if (total === input + output + cached) return input;
  }
  return (counts.cacheInside ?? countsCacheInside(modelId)) ? input - cached : input;
}

/**
 * The service's counts (headers, stream metrics, log record) with the vendor's own for what they do not tell.
 * The service goes first, but for output the larger count is taken: recorded tool-use streams of Anthropic
 * models disagree, and which of the two is billed is not known.
 */
export function reconciled(service: Counts, vendor: Counts, modelId: string): Counts {
  const cacheRead = service.cacheRead ?? vendor.cacheRead;
  const cacheWrite = service.cacheWrite ?? vendor.cacheWrite;
  return {
    ...(service.input === undefined
      ? vendor
      : { input: service.input, cacheInside: cacheInsideOf(service.input, vendor, modelId) }),
    output: largerOf(service.output, vendor.output),
    cacheRead,
    cacheWrite,
    // No source but the vendor's body splits the writes by time to live; a split of another sum is none.
    cacheWrite1h: cacheWrite === vendor.cacheWrite ? vendor.cacheWrite1h : undefined,
  };
}

/** By how much two output counts differ; 0 where one is not told. */
export function outputGap(service: Counts, vendor: Counts): number {
  return service.output === undefined || vendor.output === undefined
    ? 0
    : Math.abs(service.output - vendor.output);
}

/**
 * Whether the service's input count holds the cache tokens,
 * told by the vendor's counts where both tell the same input.
 */
function cacheInsideOf(input: number, vendor: Counts, modelId: string): boolean | undefined {
  const uncached = uncachedInput(vendor, modelId);
  const cached = (vendor.cacheRead ?? 0) + (vendor.cacheWrite ?? 0);
  if (uncached === undefined || cached === 0) return vendor.cacheInside;
  if (input === uncached) return false;
  return input === uncached + cached ? true : vendor.cacheInside;
}
