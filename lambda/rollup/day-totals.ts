import type { InvocationKind, RollupPart } from './usage-part';
import { addSums, type MutableSums, noSums, type Sums } from './usage-sums';

/**
 * Figures of calls of every kind. Sums are without what the
 * application's own cache answered, latency without what failed.
 */
export interface Totals extends Sums {
  /** Calls of every kind: each trace is one. */
  readonly traces: number;
  /** Calls that failed. */
  readonly errors: number;
  /** Answers of the application's own cache. */
  readonly cached: number;
  /** Calls whose cost is not known: what is known is then at least so much. */
  readonly unpriced: number;
}

/** What each kind of call is counted as beside its sums. */
const KINDS: Readonly<
  Record<
    InvocationKind,
    { readonly answered?: true; readonly failed?: true; readonly cached?: true; readonly unpriced?: true }
  >
> = {
  answered: { answered: true },
  unpriced: { answered: true, unpriced: true },
  cached: { cached: true },
  failed: { failed: true },
  failedUnpriced: { failed: true, unpriced: true },
};

/** Adds sums of several kinds up. `calls` are those that a model answered. */
export function totalsOf(parts: Iterable<{ readonly kind: InvocationKind; readonly sums: Sums }>): Totals {
  const sums = noSums();
  const counts = { traces: 0, errors: 0, cached: 0, unpriced: 0 };
  for (const { kind, sums: ofPart } of parts) {
    const { answered, failed, cached, unpriced } = KINDS[kind];
    counts.traces += ofPart.calls;
    if (failed) counts.errors += ofPart.calls;
    if (cached) counts.cached += ofPart.calls;
    if (unpriced) counts.unpriced += ofPart.calls;
    if (!cached) {
      addSums(sums, answered ? ofPart : { ...ofPart, calls: 0, latencyCalls: 0, latencyMicros: 0 });
    }
  }
  return { ...sums, ...counts };
}

/** The sums of a part's whole day. */
export function wholeDay({ quarters }: Pick<RollupPart, 'quarters'>): Sums {
  const sums: MutableSums = noSums();
  for (const ofQuarter of quarters.values()) addSums(sums, ofQuarter);
  return sums;
}
