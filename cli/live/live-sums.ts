import { kindOf } from '../../lambda/rollup/usage-part';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';

/**
 * What a live view adds up, with the meanings of the reports: tokens
 * and cost are without what the application's own cache answered.
 */
export interface LiveSums {
  /** Calls that a model answered. */
  calls: number;
  /** Calls that failed. */
  errors: number;
  /** Answers of the application's own cache. */
  cachedResponses: number;
  /** All input tokens, cached ones included. */
  inputTokens: number;
  outputTokens: number;
  picoUsd: bigint;
  /** Calls whose cost is not known, and is in no sum. */
  unpriced: number;
}

export function noLiveSums(): LiveSums {
  return {
    calls: 0,
    errors: 0,
    cachedResponses: 0,
    inputTokens: 0,
    outputTokens: 0,
    picoUsd: 0n,
    unpriced: 0,
  };
}

/** Adds one trace. */
export function addLiveTrace(into: LiveSums, trace: Trace): void {
  const kind = kindOf(trace);
  if (kind === 'cached') {
    into.cachedResponses += 1;
    return;
  }
  if (kind === 'answered' || kind === 'unpriced') into.calls += 1;
  else into.errors += 1;
  if (kind === 'unpriced' || kind === 'failedUnpriced') into.unpriced += 1;
  into.inputTokens += promptTokens(trace);
  into.outputTokens += trace.outputTokens;
  into.picoUsd += trace.picoUsd ?? 0n;
}

/** Adds sums to sums. */
export function addLiveSums(into: LiveSums, sums: LiveSums): void {
  into.calls += sums.calls;
  into.errors += sums.errors;
  into.cachedResponses += sums.cachedResponses;
  into.inputTokens += sums.inputTokens;
  into.outputTokens += sums.outputTokens;
  into.picoUsd += sums.picoUsd;
  into.unpriced += sums.unpriced;
}
