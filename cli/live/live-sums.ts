import { invocationKind } from '../../lambda/rollup/usage-part';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';

/**
 * What a live view adds up, with the meanings of the reports: tokens
 * and cost are without what the application's own cache answered.
 */
export interface LiveSums {
  /** Calls that a model answered. */
  answered: number;
  /** Calls that failed. */
  failed: number;
  /** Answers of the application's own cache. */
  fromCache: number;
  /** All input tokens, cached ones included. */
  inputTokens: number;
  outputTokens: number;
  picoUsd: bigint;
  /** Calls whose cost is not known, and is in no sum. */
  unpriced: number;
}

export function noLiveSums(): LiveSums {
  return {
    answered: 0,
    failed: 0,
    fromCache: 0,
    inputTokens: 0,
    outputTokens: 0,
    picoUsd: 0n,
    unpriced: 0,
  };
}

/** Adds one trace. */
export function addLiveTrace(into: LiveSums, trace: Trace): void {
  const kind = invocationKind(trace);
  if (kind === 'cached') {
    into.fromCache += 1;
    return;
  }
  if (kind === 'answered' || kind === 'unpriced') into.answered += 1;
  else into.failed += 1;
  if (kind === 'unpriced' || kind === 'failedUnpriced') into.unpriced += 1;
  into.inputTokens += promptTokens(trace);
  into.outputTokens += trace.outputTokens;
  into.picoUsd += trace.picoUsd ?? 0n;
}

/** Adds sums to sums. */
export function addLiveSums(into: LiveSums, sums: LiveSums): void {
  into.answered += sums.answered;
  into.failed += sums.failed;
  into.fromCache += sums.fromCache;
  into.inputTokens += sums.inputTokens;
  into.outputTokens += sums.outputTokens;
  into.picoUsd += sums.picoUsd;
  into.unpriced += sums.unpriced;
}
