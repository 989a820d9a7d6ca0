import {
  countAll,
  countKind,
  type InvocationCounts,
  type InvocationKind,
  isAnswered,
  isInSums,
  noCounts,
} from '../invocation/invocation-counts';
import type { Trace } from '../traces/trace';

/**
 * Sums over a group of invocations of the same kind. All figures are whole numbers, so that additions need no
 * rounding.
 */
export interface Sums {
  readonly count: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Number of speech tokens in the input. They are also counted in `uncachedInputTokens`. */
  readonly speechInputTokens: number;
  /** Number of speech tokens in the output. They are also counted in `outputTokens`. */
  readonly speechOutputTokens: number;
  /** Known cost in pico-dollars (10⁻¹² US dollars). Unpriced invocations add nothing. */
  readonly picoUsd: bigint;
  /** Part of `picoUsd` that is the cost of billed units besides tokens, in pico-dollars. */
  readonly unitPicoUsd: bigint;
  /** Number of invocations whose true cost may be higher than their part of `picoUsd`. */
  readonly lowerBound: number;
  /** Number of each billed unit besides tokens. Undefined if there are none. */
  readonly units?: NamedCounts;
  /** Number of invocations for each reason why a cost is a lower bound. Undefined if there are none. */
  readonly reasons?: NamedCounts;
  /**
   * Number of invocations whose stream ended early, before the final token counts came. Their true token
   * counts can be higher.
   */
  readonly partial: number;
  /**
   * Number of invocations with a known latency. The sum, minimum and maximum latency include only these
   * invocations.
   */
  readonly latencyCalls: number;
  /**
   * Sum of all latencies in microseconds. Nothing is rounded, because traces store at most three decimal
   * places of a millisecond.
   */
  readonly latencyMicros: number;
  /** Lowest latency in microseconds. 0 if `latencyCalls` is 0. */
  readonly minLatencyMicros: number;
  readonly maxLatencyMicros: number;
  /** Number of work items that callers passed in `items`, in thousandths of an item. */
  readonly milliItems: number;
  /** Number of input and output tokens of the invocations for which callers passed `items`. */
  readonly itemTokens: number;
}

/** Counts by name, such as text units by the policy of a guardrail. */
export type NamedCounts = ReadonlyMap<string, number>;

/** Same as {@link Sums}, but writable, to add invocations. */
export type MutableSums = { -readonly [Field in keyof Sums]: Sums[Field] };

/**
 * Totals of invocations of all kinds. Responses from the application's own cache are counted in `fromCache`
 * and `traces` only. Failed invocations are not counted in the latency figures.
 */
export interface Totals extends Omit<Sums, 'count'>, InvocationCounts {
  /** Number of all invocations. Each invocation has one trace. */
  readonly traces: number;
}

/** Returns sums in which each figure is 0. */
export function noSums(): MutableSums {
  return {
    count: 0,
    uncachedInputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    speechInputTokens: 0,
    speechOutputTokens: 0,
    picoUsd: 0n,
    unitPicoUsd: 0n,
    lowerBound: 0,
    partial: 0,
    latencyCalls: 0,
    latencyMicros: 0,
    minLatencyMicros: 0,
    maxLatencyMicros: 0,
    milliItems: 0,
    itemTokens: 0,
  };
}

/** Adds `sums` to `into`. */
export function addSums(into: MutableSums, sums: Sums): void {
  if (sums.latencyCalls > 0) {
    into.minLatencyMicros =
      into.latencyCalls === 0
        ? sums.minLatencyMicros
        : Math.min(into.minLatencyMicros, sums.minLatencyMicros);
    into.maxLatencyMicros = Math.max(into.maxLatencyMicros, sums.maxLatencyMicros);
  }
  into.count += sums.count;
  into.uncachedInputTokens += sums.uncachedInputTokens;
  into.cacheReadTokens += sums.cacheReadTokens;
  into.cacheWrite5mTokens += sums.cacheWrite5mTokens;
  into.cacheWrite1hTokens += sums.cacheWrite1hTokens;
  into.outputTokens += sums.outputTokens;
  into.speechInputTokens += sums.speechInputTokens;
  into.speechOutputTokens += sums.speechOutputTokens;
  into.picoUsd += sums.picoUsd;
  into.unitPicoUsd += sums.unitPicoUsd;
  into.lowerBound += sums.lowerBound;
  if (sums.units) into.units = addNamed(into.units, sums.units);
  if (sums.reasons) into.reasons = addNamed(into.reasons, sums.reasons);
  into.partial += sums.partial;
  into.latencyCalls += sums.latencyCalls;
  into.latencyMicros += sums.latencyMicros;
  into.milliItems += sums.milliItems;
  into.itemTokens += sums.itemTokens;
}

/** Adds the two counts of each name. */
export function addNamed(
  counts: NamedCounts | undefined,
  others: Iterable<readonly [string, number]>,
): NamedCounts {
  const sums = new Map(counts);
  for (const [name, count] of others) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

/** Adds up the sums of several kinds of invocations. */
export function totalsOf(parts: Iterable<{ readonly kind: InvocationKind; readonly sums: Sums }>): Totals {
  const total = noSums();
  const counts = noCounts();
  for (const { kind, sums } of parts) {
    countKind(counts, kind, sums.count, sums);
    if (isInSums(kind)) addSums(total, isAnswered(kind) ? sums : withoutLatency(sums));
  }
  const { count: _, ...sums } = total;
  return { ...sums, ...counts, traces: countAll(counts) };
}

function withoutLatency(sums: Sums): Sums {
  return { ...sums, latencyCalls: 0, latencyMicros: 0 };
}

/** Returns the sums of a day, added up from its quarter-hours. */
export function wholeDay({ quarters }: { readonly quarters: ReadonlyMap<number, Sums> }): Sums {
  const day = noSums();
  for (const sums of quarters.values()) addSums(day, sums);
  return day;
}

/** Adds the figures of one trace to the sums in `into`. */
export function addTrace(into: MutableSums, trace: Trace): void {
  into.count += 1;
  into.uncachedInputTokens += trace.uncachedInputTokens;
  into.cacheReadTokens += trace.cacheReadTokens;
  into.cacheWrite5mTokens += trace.cacheWrite5mTokens;
  into.cacheWrite1hTokens += trace.cacheWrite1hTokens;
  into.outputTokens += trace.outputTokens;
  into.speechInputTokens += trace.speechInputTokens ?? 0;
  into.speechOutputTokens += trace.speechOutputTokens ?? 0;
  if (trace.picoUsd !== undefined) into.picoUsd += trace.picoUsd;
  if (trace.unitPicoUsd !== undefined) into.unitPicoUsd += trace.unitPicoUsd;
  if (trace.units) into.units = addNamed(into.units, Object.entries(trace.units));
  if (trace.costIsLowerBound && trace.costIsLowerBound.length > 0) {
    into.lowerBound += 1;
    into.reasons = addNamed(
      into.reasons,
      trace.costIsLowerBound.map(reason => [reason, 1] as const),
    );
  }
  if (trace.partial) into.partial += 1;
  if (trace.latencyMs !== undefined) {
    const micros = Math.round(trace.latencyMs * 1000);
    into.minLatencyMicros = into.latencyCalls === 0 ? micros : Math.min(into.minLatencyMicros, micros);
    into.maxLatencyMicros = Math.max(into.maxLatencyMicros, micros);
    into.latencyCalls += 1;
    into.latencyMicros += micros;
  }
  if (trace.items !== undefined && trace.items > 0) {
    into.milliItems += Math.round(trace.items * 1000);
    into.itemTokens += promptTokens(trace) + trace.outputTokens;
  }
}

/**
 * Returns the number of all input tokens of a trace, including cache reads and cache writes. Some models have
 * another price if this number is above one of the `PROMPT_STEPS`.
 */
export function promptTokens(
  trace: Pick<Trace, 'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens'>,
): number {
  return (
    trace.uncachedInputTokens + trace.cacheReadTokens + trace.cacheWrite5mTokens + trace.cacheWrite1hTokens
  );
}
