import { addSums, type MutableSums, noSums, promptTokens, type Sums, wholeDay } from './usage-sums';
import { MS_PER_QUARTER, startOfDay } from './utc-day';
import { INVOCATION_KINDS, type InvocationKind, invocationKind } from '../invocation/invocation-counts';
import type { Trace } from '../traces/trace';

/**
 * Numbers of input tokens above which some price lists have other rates, in ascending order. The invocations
 * of a part are all between the same two steps, so that its sums have one price. All steps of the price
 * tables are here. Stored rollups keep the steps that they were made with.
 */
export const PROMPT_STEPS: readonly number[] = [100_000, 128_000, 200_000, 272_000];

/**
 * Maximum parts of an item. An item of 12 parts with all quarter-hours and the longest figures is below
 * 400 KB, DynamoDB's maximum (Developer Guide, "Item sizes"). Usually, an agent has one to four parts on one
 * model.
 */
export const MAX_PARTS = 12;

/** Operation of invocations in a batch job. */
const BATCH_OPERATION = 'BatchOutput';

/** Kind and price terms that all invocations of a part have in common. */
export interface PartKey {
  readonly kind: InvocationKind;
  /**
   * True for invocations without common price terms: those beyond {@link MAX_PARTS}, and unpriced ones
   * without token counts. They cannot be priced again.
   */
  readonly mixed: boolean;
  /** Id or ARN that was invoked, with its inference profile. */
  readonly modelId?: string;
  /** `global`, `geo` or `in-region`. Undefined if the trace has none. */
  readonly scope?: string;
  /** Service tier of the response. Undefined for the standard tier. */
  readonly serviceTier?: string;
  /** True for invocations of a batch job. */
  readonly batch: boolean;
  /**
   * Highest of {@link PROMPT_STEPS} that the input tokens of each invocation exceed; 0 if they exceed none.
   */
  readonly promptAbove: number;
}

/** Earliest and latest day on which the applied prices were read. */
export interface PriceDates {
  readonly first: string;
  readonly last: string;
}

/**
 * Part of a rollup item: sums of invocations with the same {@link PartKey}, by quarter-hour of the UTC day, 0
 * to 95. Quarter-hours without invocations are absent.
 */
export interface RollupPart extends PartKey {
  readonly priceAsOf?: PriceDates;
  readonly quarters: ReadonlyMap<number, Sums>;
}

/** Part of a rollup item, with the sums of a time span. */
export interface TimeSlice extends PartKey {
  readonly priceAsOf?: PriceDates;
  readonly sums: Sums;
}

/** Returns the part that a trace belongs to. */
export function partKeyOf(trace: Trace): PartKey {
  const kind = invocationKind(trace);
  // Without token counts, an invocation would be priced at $0 in a part with others.
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

/** Returns a string that identifies a part within a day, agent and model. */
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
 * Returns undefined if some may have: in a mixed part, or if `above` is not one of {@link PROMPT_STEPS}.
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

/** Returns the dates that span both arguments. */
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
 * Sorts parts by number of invocations, highest first. Beyond {@link MAX_PARTS}, merges the smallest into one
 * mixed part of each kind.
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
 * Returns the parts of an item from one moment, inclusive, to another, exclusive. Parts without invocations
 * are omitted. The local days of each time zone start at quarter-hours of UTC, also those of 23 or 25 hours.
 *
 * @throws RangeError if a moment is not a quarter-hour
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
