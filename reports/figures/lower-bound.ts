import type { LowerBoundReason } from '../../lambda/pricing/cost';
import { addNamed, type NamedCounts, type Sums } from '../../lambda/rollup/usage-sums';

/** Numbers of invocations whose true cost may be higher. Empty if there are none. */
export interface LowerBound {
  /** Number of invocations whose true cost may be higher. Default: 0. */
  readonly lowerBound?: number;
  /** Number of invocations for each reason. An invocation can have several. Default: none. */
  readonly reasons?: NamedCounts;
}

/** Reasons that concern billed units besides tokens. Prices of tokens do not change them. */
export const UNIT_REASONS: ReadonlySet<string> = new Set<LowerBoundReason>([
  'guardrailUnits',
  'searchUnits',
  'unitPrice',
]);

/**
 * Returns the recorded reasons that also apply to another cost of the same invocations, with their numbers.
 *
 * @param applies returns true if a recorded reason applies
 * @param added reasons that apply to all `calls` invocations, even if they were not recorded
 */
export function lowerBoundOf(
  { lowerBound, reasons: recorded = new Map() }: Pick<Sums, 'lowerBound' | 'reasons'>,
  applies: (reason: string) => boolean,
  added: readonly string[] = [],
  calls = 0,
): LowerBound {
  const reasons = new Map([...recorded].filter(([reason]) => applies(reason)));
  for (const reason of added) reasons.set(reason, calls);
  if (reasons.size === 0) return {};
  // The sums do not show which reasons an invocation has in common. If only some reasons apply, this number
  // can be too high.
  const most = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  return { lowerBound: added.length > 0 ? calls : Math.min(lowerBound, most), reasons };
}

/** Running totals of the numbers in a {@link LowerBound}. */
export interface LowerBoundSum {
  lowerBound: number;
  reasons?: NamedCounts;
}

/** Adds numbers to running totals. */
export function addLowerBound(into: LowerBoundSum, { lowerBound = 0, reasons }: LowerBound): void {
  into.lowerBound += lowerBound;
  if (reasons) into.reasons = addNamed(into.reasons, reasons);
}
