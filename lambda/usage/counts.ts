import { modelFamily, hasHourWrites, type ModelFamily } from './model-family';
import type { TokenUsage, UsageOrigin, UsageReading } from './token-usage';

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined. Arrays are none. */
export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** No answer has nearly as many events. */
const MAX_EVENTS = 1_000_000;
const FIRST_EVENTS = 1000;

/**
 * The events of a stream; undefined for what is no list. Of
 * one that is longer than any answer, its begin and its end.
 */
export function asEvents(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const events: readonly unknown[] = value;
  return events.length <= MAX_EVENTS
    ? events
    : [...events.slice(0, FIRST_EVENTS), ...events.slice(FIRST_EVENTS - MAX_EVENTS)];
}

/** A token count: a whole number from 0 to 2⁵³ − 1. What is anything else is no count. */
export function asCount(value: unknown): number | undefined {
  // −0 is a number that prints and adds oddly.
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value || 0 : undefined;
}

/** The count of two spellings of one number: where they differ, the larger. */
export function largerOf(one: unknown, other: unknown): number | undefined {
  const a = asCount(one);
  const b = asCount(other);
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

/** The sum of what are counts. */
export function added(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (asCount(value) ?? 0), 0);
}

/**
 * Counts of one call as the response tells them, before they are put into buckets. An undefined count was not
 * told.
 */
export interface Counts {
  readonly input?: number;
  readonly output?: number;
  /** Input, output and cache tokens together. */
  readonly total?: number;
  readonly cacheRead?: number;
  /** All cache writes. */
  readonly cacheWrite?: number;
  /** Cache writes that live for an hour. The others live for the default time. */
  readonly cacheWrite1h?: number;
  /** True if the shape of the body counts cache tokens inside its input count, false if apart from it. */
  readonly cacheInside?: boolean;
  /** True if the counts are sums of several passes of the model. The service's may be those of one pass. */
  readonly hasPasses?: boolean;
}

/** Origin of counts. */
export interface Provenance {
  readonly source: UsageOrigin;
  /** Id or ARN that tells the model's family. */
  readonly modelId: string;
  /** Operation of the call: models of OpenAI count cache tokens differently in each. */
  readonly operation?: string;
  readonly partial?: boolean;
}

/**
 * Puts counts into disjoint buckets.
 *
 * @returns undefined if the input or the output count was not told, or if the counts are too large to add up
 */
export function toTokenUsage(counts: Counts, provenance: Provenance): TokenUsage | undefined {
  return toUsageReading(counts, provenance)?.usage;
}

/** Puts counts into disjoint buckets, with notes about counts that contradict each other. */
export function toUsageReading(
  counts: Counts,
  { source, modelId, operation, partial = false }: Provenance,
): UsageReading | undefined {
  const family = modelFamily(modelId);
  const input = uncachedInput(counts, family, operation);
  const { output, cacheRead = 0, cacheWrite = 0 } = counts;
  if (!input || output === undefined) return undefined;
  if (!Number.isSafeInteger(input.uncached + cacheRead + cacheWrite + output)) return undefined;
  const cacheWrite1hTokens = Math.min(counts.cacheWrite1h ?? 0, cacheWrite);
  const isTtlUnknown = cacheWrite > 0 && counts.cacheWrite1h === undefined && hasHourWrites(modelId);
  const ifOpenAi = family === 'unknown' ? uncachedInput(counts, 'openai', operation)?.uncached : undefined;
  return {
    usage: {
      uncachedInputTokens: input.uncached,
      cacheReadTokens: cacheRead,
      cacheWrite5mTokens: cacheWrite - cacheWrite1hTokens,
      cacheWrite1hTokens,
      outputTokens: output,
      ...(isTtlUnknown ? { cacheWriteTtlUnknown: true } : {}),
      source,
      partial,
    },
    ...(input.isContradicted ? { reportedInputTokens: counts.input } : {}),
    ...(ifOpenAi === undefined || ifOpenAi === input.uncached ? {} : { inputTokensIfOpenAi: ifOpenAi }),
  };
}

/** Input tokens that are neither read from the cache nor written to it. */
interface UncachedInput {
  readonly uncached: number;
  /** True if the total of the response says otherwise. */
  readonly isContradicted: boolean;
}

function uncachedInput(
  counts: Counts,
  family: ModelFamily,
  operation: string | undefined,
): UncachedInput | undefined {
  const { input } = counts;
  const cached = cachedTokens(counts);
  if (input === undefined) return undefined;
  // Cache tokens that are more than the input cannot be inside it.
  if (cached === 0 || cached > input) return { uncached: input, isContradicted: false };
  const byTotal = insideByTotal(counts);
  const isInside = counts.cacheInside ?? insideByFamily(family, operation, byTotal);
  return {
    uncached: isInside ? input - cached : input,
    isContradicted: byTotal !== undefined && byTotal !== isInside,
  };
}

/**
 * Returns true if the cache tokens are inside the input count of a response without a shape that says so.
 *
 * Models of OpenAI count them inside over ConverseStream, with a total that adds them once more, and apart
 * over Converse (measured in public, 2026-07 to 2026-09). So a total that adds up proves nothing there. For
 * all other models, the total decides.
 */
function insideByFamily(
  family: ModelFamily,
  operation: string | undefined,
  byTotal: boolean | undefined,
): boolean {
  if (family !== 'openai') return byTotal ?? false;
  return operation === 'ConverseStream' || (byTotal ?? operation !== 'Converse');
}

/** Returns true if the total has the cache tokens inside the input count, and false if beside it. */
function insideByTotal(counts: Counts): boolean | undefined {
  const { input = 0, output, total } = counts;
  if (total === undefined || output === undefined) return undefined;
  if (total === input + output) return true;
  return total === input + output + cachedTokens(counts) ? false : undefined;
}

function cachedTokens({ cacheRead = 0, cacheWrite = 0 }: Counts): number {
  return cacheRead + cacheWrite;
}

/**
 * Completes the service's counts (headers, stream metrics, log record) with the vendor's own. The service's
 * counts go first. For output, the larger count is taken: recorded tool-use streams of Anthropic models
 * disagree, and it is not known which of the two is billed.
 */
export function reconciled(service: Counts, vendor: Counts): Counts {
  const pick = vendor.hasPasses ? largerOf : firstOf;
  const cacheRead = pick(service.cacheRead, vendor.cacheRead);
  const cacheWrite = pick(service.cacheWrite, vendor.cacheWrite);
  return {
    ...(service.input === undefined || (vendor.hasPasses && service.input < (vendor.input ?? 0))
      ? vendor
      : {
          input: service.input,
          total: service.input === vendor.input ? vendor.total : undefined,
          cacheInside: insideByVendor(service.input, vendor),
        }),
    output: largerOf(service.output, vendor.output),
    cacheRead,
    cacheWrite,
    // No source but the vendor's body splits the writes by time to live; a split of another sum is none.
    cacheWrite1h: cacheWrite === vendor.cacheWrite ? vendor.cacheWrite1h : undefined,
  };
}

function firstOf(one: number | undefined, other: number | undefined): number | undefined {
  return one ?? other;
}

/** By how much two output counts differ; 0 where one is not told. */
export function outputGap(service: Counts, vendor: Counts): number {
  return service.output === undefined || vendor.output === undefined || vendor.hasPasses
    ? 0
    : Math.abs(service.output - vendor.output);
}

/**
 * Returns true if the service's input count has the cache tokens inside, and false if it has not: two counts
 * of one input that differ by the cache tokens tell it. Otherwise, the place is that of the vendor's shape.
 */
function insideByVendor(input: number, vendor: Counts): boolean | undefined {
  const cached = cachedTokens(vendor);
  if (vendor.input === undefined || cached === 0) return vendor.cacheInside;
  if (input === vendor.input - cached) return false;
  return input === vendor.input + cached ? true : vendor.cacheInside;
}
