import { addSums, type MutableSums, noSums, promptTokens, type Sums, wholeDay } from './usage-sums';
import { MS_PER_QUARTER, startOfDay } from './utc-day';
import { INVOCATION_KINDS, type InvocationKind, invocationKind } from '../invocation/invocation-counts';
import type { Trace } from '../traces/trace';

/**
 * Numbers of input tokens, in ascending order. Above such a number, some models have another price. A later
 * addition applies only to new rollups.
 */
export const PROMPT_STEPS: readonly number[] = [100_000, 128_000, 200_000, 272_000];

/**
 * Maximum number of parts in a rollup item. Usually, an item has one to four parts. With 12 parts, the
 * largest possible item is below 400 KB, the maximum of DynamoDB (Developer Guide, "Item sizes").
 */
export const MAX_PARTS = 12;

/** Value of `operation` in the traces of a batch job. */
const BATCH_OPERATION = 'BatchOutput';

/**
 * Properties that all invocations of a {@link RollupPart} have in common: their kind, and everything that
 * determines their price.
 */
export interface PartKey {
  readonly kind: InvocationKind;
  /**
   * True if a report cannot price the part again with other prices. The invocations then have different price
   * terms, or are unpriced and have no token counts.
   */
  readonly mixed: boolean;
  /** Model id or ARN in the request, for example the ARN of an inference profile. */
  readonly modelId?: string;
  /** Scope of the model id: `global`, `geo` or `in-region`. Undefined if the trace has no scope. */
  readonly scope?: string;
  /** Service tier in the response, such as `priority`. Undefined if the response names no tier. */
  readonly serviceTier?: string;
  /** True for invocations of a batch job. */
  readonly batch: boolean;
  /**
   * Highest of the {@link PROMPT_STEPS} below the number of input tokens. For 150,000 input tokens, it is
   * 128,000. 0 if there is no lower step.
   */
  readonly promptAbove: number;
}

/** Earliest and latest `asOf` day of the prices that were applied to the invocations of a part. */
export interface PriceDates {
  readonly first: string;
  readonly last: string;
}

/**
 * Part of a rollup item: the sums of all invocations with the same {@link PartKey}. The keys of `quarters`
 * are the quarter-hours of the UTC day, from 0 to 95. Quarter-hours without invocations are omitted.
 */
export interface RollupPart extends PartKey {
  readonly priceAsOf?: PriceDates;
  readonly quarters: ReadonlyMap<number, Sums>;
}

/** Part of a rollup item, limited to a time span such as a local day. */
export interface TimeSlice extends PartKey {
  readonly priceAsOf?: PriceDates;
  readonly sums: Sums;
}

/** Returns the key of the part to which a trace belongs. */
export function partKeyOf(trace: Trace): PartKey {
  const kind = invocationKind(trace);
  // If the trace has no token counts, no report may price it again, because the cost would be $0.
  if (kind === 'unpriced' && trace.source === undefined) {
    return { kind, mixed: true, batch: false, promptAbove: 0 };
  }
  return {
    kind,
    mixed: false,
    modelId: trace.modelId || undefined,
    scope: trace.scope,
    serviceTier: trace.serviceTier,
    batch: trace.operation === BATCH_OPERATION,
    promptAbove: promptStepBelow(promptTokens(trace)),
  };
}

/** Returns a string that identifies a part within its rollup item. */
export function idOfPart({
  kind,
  mixed,
  modelId = '',
  scope = '',
  serviceTier = '',
  batch,
  promptAbove,
}: PartKey): string {
  return `${kind}\n${mixed ? 1 : 0}\n${modelId}\n${scope}\n${serviceTier}\n${batch ? 1 : 0}\n${promptAbove}`;
}

/**
 * Returns true if all invocations of a part have more than `above` input tokens, and false if none has.
 * Returns undefined if it is not known, e.g. for a mixed part.
 */
export function isLongPrompt(
  { mixed, promptAbove }: Pick<PartKey, 'mixed' | 'promptAbove'>,
  above: number,
): boolean | undefined {
  if (mixed) return undefined;
  if (promptAbove >= above) return true;
  const next = PROMPT_STEPS.find(step => step > promptAbove) ?? Infinity;
  return above >= next ? false : undefined;
}

/** Returns the earliest and the latest day in `dates` and `others`. */
export function mergePriceDates(
  dates: PriceDates | undefined,
  others: PriceDates | undefined,
): PriceDates | undefined {
  if (!dates || !others) return dates ?? others;
  if (others.first >= dates.first && others.last <= dates.last) return dates;
  return {
    first: others.first < dates.first ? others.first : dates.first,
    last: others.last > dates.last ? others.last : dates.last,
  };
}

/**
 * Returns at most {@link MAX_PARTS} parts, sorted by number of invocations, highest first. If there are more
 * parts, merges the smallest parts of each kind into one mixed part.
 */
export function boundedParts(parts: readonly RollupPart[]): RollupPart[] {
  const ranked = parts
    .map(part => ({ part, id: idOfPart(part), count: wholeDay(part).count }))
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1))
    .map(({ part }) => part);
  if (ranked.length <= MAX_PARTS) return ranked;
  const kept = MAX_PARTS - INVOCATION_KINDS.length;
  return [...ranked.slice(0, kept), ...mergeByKind(ranked.slice(kept))];
}

/**
 * Returns the parts of a rollup with their sums from `from` (inclusive) to `to` (exclusive). Omits parts
 * without invocations in this time. The time span can be a local day of any time zone, because local midnight
 * is always at a quarter-hour of UTC.
 *
 * @throws RangeError if `from` or `to` is not at a quarter-hour of UTC
 */
export function sliceByTime(
  { day, parts }: { readonly day: string; readonly parts: readonly RollupPart[] },
  from: Date,
  to: Date,
): TimeSlice[] {
  const start = startOfDay(day).getTime();
  const [first, end] = [quarterOf(from, start), quarterOf(to, start)];
  return parts.flatMap(({ quarters, ...key }) => {
    const sums: MutableSums = noSums();
    for (const [quarter, ofQuarter] of quarters) {
      if (quarter >= first && quarter < end) addSums(sums, ofQuarter);
    }
    return sums.count === 0 ? [] : [{ ...key, sums }];
  });
}

function quarterOf(moment: Date, start: number): number {
  const quarter = (moment.getTime() - start) / MS_PER_QUARTER;
  if (!Number.isInteger(quarter)) {
    throw new RangeError(`a day must be cut at a quarter-hour of UTC, got: ${moment.getTime()} (epoch ms)`);
  }
  return quarter;
}

function mergeByKind(parts: readonly RollupPart[]): RollupPart[] {
  return INVOCATION_KINDS.flatMap(kind => {
    const ofKind = parts.filter(part => part.kind === kind);
    return ofKind.length === 0 ? [] : [mergedPart(kind, ofKind)];
  });
}

function mergedPart(kind: InvocationKind, parts: readonly RollupPart[]): RollupPart {
  const quarters = new Map<number, MutableSums>();
  let priceAsOf: PriceDates | undefined;
  for (const part of parts) {
    priceAsOf = mergePriceDates(priceAsOf, part.priceAsOf);
    for (const [quarter, sums] of part.quarters) {
      const into = quarters.get(quarter) ?? noSums();
      addSums(into, sums);
      quarters.set(quarter, into);
    }
  }
  return { kind, mixed: true, batch: false, promptAbove: 0, priceAsOf, quarters };
}

function promptStepBelow(tokens: number): number {
  let above = 0;
  for (const step of PROMPT_STEPS) if (tokens > step) above = step;
  return above;
}
