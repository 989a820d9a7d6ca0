import {
  addCounts,
  countInvocation,
  isInSums,
  type MutableCounts,
  noCounts,
} from '../../lambda/invocation/invocation-counts';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';

/** Counts, tokens and cost of the live view. A cached response counts only in `fromCache`. */
export interface LiveSums extends MutableCounts {
  /** Input tokens, including cache reads and cache writes. */
  inputTokens: number;
  outputTokens: number;
}

/** Returns new sums, all 0. */
export function noLiveSums(): LiveSums {
  return { ...noCounts(), inputTokens: 0, outputTokens: 0 };
}

export function addLiveTrace(into: LiveSums, trace: Trace): void {
  if (!isInSums(countInvocation(into, trace))) return;
  into.inputTokens += promptTokens(trace);
  into.outputTokens += trace.outputTokens;
}

export function addLiveSums(into: LiveSums, sums: LiveSums): void {
  addCounts(into, sums);
  into.inputTokens += sums.inputTokens;
  into.outputTokens += sums.outputTokens;
}
