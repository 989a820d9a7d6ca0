/**
 * Kinds of invocations:
 * - `answered`: the model answered, and the cost is known.
 * - `unpriced`: the model answered, and the cost is not known.
 * - `cached`: the response came from the application's own cache. The cost is 0, and the tokens are
 *   estimated.
 * - `failed`: the invocation failed without using tokens, or the cost of its tokens is known.
 * - `failedUnpriced`: the invocation failed, and the cost of its tokens is not known.
 */
export const INVOCATION_KINDS = ['answered', 'unpriced', 'cached', 'failed', 'failedUnpriced'] as const;
export type InvocationKind = (typeof INVOCATION_KINDS)[number];

/**
 * Number of invocations by outcome, and their cost. Alerts, rollups, the live view, reports and summaries
 * share this type.
 */
export interface InvocationCounts {
  /** Invocations that a model answered. */
  readonly answered: number;
  /** Invocations that failed, including those that failed in the middle of a stream. */
  readonly failed: number;
  /** Responses from the application's own cache. No other member of this type includes them. */
  readonly fromCache: number;
  /**
   * Number of answered and failed invocations whose cost is not known. `answered` and `failed` include them.
   * If there are any, the true cost is higher than `picoUsd`.
   */
  readonly unpriced: number;
  /**
   * Number of answered and failed invocations whose true cost may be higher than their known cost. An example
   * is a guardrail that reports no text units.
   */
  readonly lowerBound: number;
  /** Sum of the known costs in pico-dollars, without rounding. */
  readonly picoUsd: bigint;
}

/** `InvocationCounts` with members that can be changed, e.g. by `countInvocation`. */
export type MutableCounts = { -readonly [Name in keyof InvocationCounts]: InvocationCounts[Name] };

/** Attributes that determine the kind of an invocation. */
export interface KindAttributes {
  readonly cached?: boolean;
  readonly error?: string;
  /** Cost in pico-dollars. Undefined if the cost is not known. */
  readonly picoUsd?: bigint;
  /** Origin of the token counts. Undefined if the token counts are not known. */
  readonly source?: string;
  /** Reasons why the true cost may be higher than `picoUsd`. Undefined if there are none. */
  readonly costIsLowerBound?: readonly string[];
}

export function invocationKind({ cached, error, picoUsd, source }: KindAttributes): InvocationKind {
  if (cached) return 'cached';
  if (error === undefined) return picoUsd === undefined ? 'unpriced' : 'answered';
  // Without a `source`, the invocation failed before it used tokens, so it cost nothing.
  return picoUsd === undefined && source !== undefined ? 'failedUnpriced' : 'failed';
}

/**
 * Returns true for the kinds of invocations that a model answered. Latency is measured only for these kinds.
 */
export function isAnswered(kind: InvocationKind): boolean {
  return kind === 'answered' || kind === 'unpriced';
}

/** Returns true for all kinds except `cached`. The sums of tokens and cost exclude cached responses. */
export function isInSums(kind: InvocationKind): boolean {
  return kind !== 'cached';
}

/**
 * Returns true for `answered` and `failed`, the kinds with a known cost. Returns false for `cached`, because
 * the sums exclude cached responses.
 */
export function isPriced(kind: InvocationKind): boolean {
  return kind === 'answered' || kind === 'failed';
}

/** Returns counts that are all 0. */
export function noCounts(): MutableCounts {
  return { answered: 0, failed: 0, fromCache: 0, unpriced: 0, lowerBound: 0, picoUsd: 0n };
}

/**
 * Adds one invocation to the counts.
 *
 * @returns the kind of the invocation
 */
export function countInvocation(into: MutableCounts, invocation: KindAttributes): InvocationKind {
  const kind = invocationKind(invocation);
  countKind(into, kind, 1, {
    picoUsd: invocation.picoUsd,
    lowerBound: invocation.costIsLowerBound?.length ? 1 : 0,
  });
  return kind;
}

/**
 * Adds several invocations of one kind to the counts.
 *
 * @param cost `picoUsd` is the total of the known costs in pico-dollars. `lowerBound` is the number of
 * invocations whose true cost may be higher
 */
export function countKind(
  into: MutableCounts,
  kind: InvocationKind,
  count: number,
  { picoUsd = 0n, lowerBound = 0 }: Partial<Pick<InvocationCounts, 'picoUsd' | 'lowerBound'>>,
): void {
  if (!isInSums(kind)) {
    into.fromCache += count;
    return;
  }
  into[isAnswered(kind) ? 'answered' : 'failed'] += count;
  if (!isPriced(kind)) into.unpriced += count;
  into.lowerBound += lowerBound;
  into.picoUsd += picoUsd;
}

/** Adds each count of `counts` to the same count of `into`. */
export function addCounts(into: MutableCounts, counts: InvocationCounts): void {
  into.answered += counts.answered;
  into.failed += counts.failed;
  into.fromCache += counts.fromCache;
  into.unpriced += counts.unpriced;
  into.lowerBound += counts.lowerBound;
  into.picoUsd += counts.picoUsd;
}

/** Returns the number of all invocations, including cached responses. */
export function countAll({
  answered,
  failed,
  fromCache,
}: Omit<InvocationCounts, 'unpriced' | 'lowerBound' | 'picoUsd'>): number {
  return answered + failed + fromCache;
}
