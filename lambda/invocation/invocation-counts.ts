/**
 * Kinds of invocations, by outcome and by whether the cost is known:
 * - `answered`: the model answered, and the cost is known.
 * - `unpriced`: the model answered, and the cost is not known.
 * - `cached`: a response from the application's own cache. It costs nothing, and its tokens are an estimate.
 * - `failed`: the invocation failed. It has no tokens, or tokens of a broken stream with a known cost.
 * - `failedUnpriced`: the invocation failed, and the cost of its tokens is not known.
 */
export const INVOCATION_KINDS = ['answered', 'unpriced', 'cached', 'failed', 'failedUnpriced'] as const;
export type InvocationKind = (typeof INVOCATION_KINDS)[number];

/** Counts of invocations by outcome, and their cost. Alert, rollup, live view, reports and summary use it. */
export interface InvocationCounts {
  /** Invocations that a model answered. */
  readonly answered: number;
  /** Invocations that failed, also in the middle of a stream. */
  readonly failed: number;
  /** Responses from the application's own cache. They are in no other count and in no sum. */
  readonly fromCache: number;
  /** Answered and failed invocations without a known price. If there are any, `picoUsd` is a minimum. */
  readonly unpriced: number;
  /** Known cost in pico-dollars, exact. */
  readonly picoUsd: bigint;
}

/** Counts that are being added up. */
export type MutableCounts = { -readonly [Name in keyof InvocationCounts]: InvocationCounts[Name] };

/** Attributes that decide the kind of an invocation. */
export interface KindAttributes {
  readonly cached?: boolean;
  readonly error?: string;
  /** Undefined if the cost is not known. */
  readonly picoUsd?: bigint;
  /** Origin of the tokens. Undefined if the tokens are not known. */
  readonly source?: string;
}

/** Returns the kind of an invocation. */
export function invocationKind({ cached, error, picoUsd, source }: KindAttributes): InvocationKind {
  if (cached) return 'cached';
  if (error === undefined) return picoUsd === undefined ? 'unpriced' : 'answered';
  // An invocation that failed before the model answered has neither tokens nor a cost.
  return picoUsd === undefined && source !== undefined ? 'failedUnpriced' : 'failed';
}

/** Returns true if the model answered invocations of a kind. Latency is measured on these only. */
export function isAnswered(kind: InvocationKind): boolean {
  return kind === 'answered' || kind === 'unpriced';
}

/** Returns true if tokens and cost of a kind are in the sums. Those of cached responses are not. */
export function isInSums(kind: InvocationKind): boolean {
  return kind !== 'cached';
}

/** Returns true if invocations of a kind are in the sums with a known cost. */
export function isPriced(kind: InvocationKind): boolean {
  return kind === 'answered' || kind === 'failed';
}

/** Returns counts of 0. */
export function noCounts(): MutableCounts {
  return { answered: 0, failed: 0, fromCache: 0, unpriced: 0, picoUsd: 0n };
}

/**
 * Counts one invocation.
 *
 * @returns its kind
 */
export function countInvocation(into: MutableCounts, invocation: KindAttributes): InvocationKind {
  const kind = invocationKind(invocation);
  countKind(into, kind, 1, invocation.picoUsd);
  return kind;
}

/** Counts a number of invocations of one kind, with their known cost together. */
export function countKind(into: MutableCounts, kind: InvocationKind, count: number, picoUsd = 0n): void {
  if (!isInSums(kind)) {
    into.fromCache += count;
    return;
  }
  into[isAnswered(kind) ? 'answered' : 'failed'] += count;
  if (!isPriced(kind)) into.unpriced += count;
  into.picoUsd += picoUsd;
}

/** Adds the second counts to the first. */
export function addCounts(into: MutableCounts, counts: InvocationCounts): void {
  into.answered += counts.answered;
  into.failed += counts.failed;
  into.fromCache += counts.fromCache;
  into.unpriced += counts.unpriced;
  into.picoUsd += counts.picoUsd;
}

/** Returns the number of all invocations, cached responses included. */
export function countAll({
  answered,
  failed,
  fromCache,
}: Omit<InvocationCounts, 'unpriced' | 'picoUsd'>): number {
  return answered + failed + fromCache;
}
