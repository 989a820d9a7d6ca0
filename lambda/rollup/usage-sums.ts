import type { Trace } from '../traces/trace';

/**
 * What is added up of calls that belong together: whole numbers
 * and money alone, so that any two sums can be added exactly.
 */
export interface Sums {
  readonly calls: number;
  readonly uncachedInputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Speech tokens among `uncachedInputTokens` and `outputTokens`. */
  readonly speechInputTokens: number;
  readonly speechOutputTokens: number;
  /** Exact. Of calls whose cost is not known, nothing is in it. */
  readonly picoUsd: bigint;
  /** Calls whose tokens are what was known when a stream ended early. */
  readonly partial: number;
  /** Calls that say how long they took; the others are in none of the three figures of latency. */
  readonly latencyCalls: number;
  /** Microseconds, as a trace has milliseconds to the thousandth. */
  readonly latencyMicros: number;
  /** 0 where `latencyCalls` is. */
  readonly minLatencyMicros: number;
  readonly maxLatencyMicros: number;
  /** Items of work, in thousandths. */
  readonly milliItems: number;
  /** Input and output tokens of the calls that had items. */
  readonly itemTokens: number;
}

/** Sums that are being made. */
export type MutableSums = { -readonly [Field in keyof Sums]: Sums[Field] };

/** Sums of no call. */
export function noSums(): MutableSums {
  return {
    calls: 0,
    uncachedInputTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    speechInputTokens: 0,
    speechOutputTokens: 0,
    picoUsd: 0n,
    partial: 0,
    latencyCalls: 0,
    latencyMicros: 0,
    minLatencyMicros: 0,
    maxLatencyMicros: 0,
    milliItems: 0,
    itemTokens: 0,
  };
}

/** Adds sums to sums. */
export function addSums(into: MutableSums, sums: Sums): void {
  if (sums.latencyCalls > 0) {
    into.minLatencyMicros =
      into.latencyCalls === 0
        ? sums.minLatencyMicros
        : Math.min(into.minLatencyMicros, sums.minLatencyMicros);
    into.maxLatencyMicros = Math.max(into.maxLatencyMicros, sums.maxLatencyMicros);
  }
  into.calls += sums.calls;
  into.uncachedInputTokens += sums.uncachedInputTokens;
  into.cacheReadTokens += sums.cacheReadTokens;
  into.cacheWrite5mTokens += sums.cacheWrite5mTokens;
  into.cacheWrite1hTokens += sums.cacheWrite1hTokens;
  into.outputTokens += sums.outputTokens;
  into.speechInputTokens += sums.speechInputTokens;
  into.speechOutputTokens += sums.speechOutputTokens;
  into.picoUsd += sums.picoUsd;
  into.partial += sums.partial;
  into.latencyCalls += sums.latencyCalls;
  into.latencyMicros += sums.latencyMicros;
  into.milliItems += sums.milliItems;
  into.itemTokens += sums.itemTokens;
}

/** Adds one trace to sums. */
export function addTrace(into: MutableSums, trace: Trace): void {
  into.calls += 1;
  into.uncachedInputTokens += trace.uncachedInputTokens;
  into.cacheReadTokens += trace.cacheReadTokens;
  into.cacheWrite5mTokens += trace.cacheWrite5mTokens;
  into.cacheWrite1hTokens += trace.cacheWrite1hTokens;
  into.outputTokens += trace.outputTokens;
  into.speechInputTokens += trace.speechInputTokens ?? 0;
  into.speechOutputTokens += trace.speechOutputTokens ?? 0;
  if (trace.picoUsd !== undefined) into.picoUsd += trace.picoUsd;
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

/** All input tokens of a call: what decides whether a prompt is long. */
export function promptTokens(
  trace: Pick<Trace, 'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens'>,
): number {
  return (
    trace.uncachedInputTokens + trace.cacheReadTokens + trace.cacheWrite5mTokens + trace.cacheWrite1hTokens
  );
}
