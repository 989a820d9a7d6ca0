import {
  addCounts,
  countInvocation,
  isInSums,
  type MutableCounts,
  noCounts,
} from '../../lambda/invocation/invocation-counts';
import { addNamed, type NamedCounts, promptTokens } from '../../lambda/rollup/usage-sums';
import type { Trace } from '../../lambda/traces/trace';

/** Counts, tokens and cost of the live view. A cached response counts only in `fromCache`. */
export interface LiveSums extends MutableCounts {
  /** Input tokens, including cache reads and cache writes. */
  inputTokens: number;
  outputTokens: number;
  /** Number of calls for each reason why their cost is a lower bound. Undefined if there are none. */
  reasons?: NamedCounts;
}

/** Returns new sums, all 0. */
export function noLiveSums(): LiveSums {
  return { ...noCounts(), inputTokens: 0, outputTokens: 0 };
}

export function addLiveTrace(into: LiveSums, trace: Trace): void {
  if (!isInSums(countInvocation(into, trace))) return;
  if (trace.costIsLowerBound) {
    into.reasons = addNamed(
      into.reasons,
      trace.costIsLowerBound.map(reason => [reason, 1] as const),
    );
  }
  into.inputTokens += promptTokens(trace);
  into.outputTokens += trace.outputTokens;
}

export function addLiveSums(into: LiveSums, sums: LiveSums): void {
  addCounts(into, sums);
  into.inputTokens += sums.inputTokens;
  into.outputTokens += sums.outputTokens;
  if (sums.reasons) into.reasons = addNamed(into.reasons, sums.reasons);
}
