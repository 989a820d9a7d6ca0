import { ACCESS_CHECKS } from './access-checks';
import { type Check, type CheckResult, runChecks, STATUSES, type Status } from './check';
import type { Inspection } from './context';
import { METRIC_CHECKS } from './metric-checks';
import { PRICE_CHECKS } from './price-checks';
import { TABLE_CHECKS } from './table-checks';

/** What was looked at, and what was found. */
export interface Diagnosis {
  /** ISO 8601, UTC. */
  readonly generatedAt: string;
  readonly checks: readonly CheckResult[];
  /** How many checks have each status. */
  readonly counts: Readonly<Record<Status, number>>;
}

/** In the order in which they are told; each stands after those that it waits for. */
export const CHECKS: readonly Check[] = [
  ...ACCESS_CHECKS.filter(({ id }) => id !== 'permissions'),
  ...TABLE_CHECKS.filter(({ id }) => id !== 'rollup-days'),
  ...ACCESS_CHECKS.filter(({ id }) => id === 'permissions'),
  ...TABLE_CHECKS.filter(({ id }) => id === 'rollup-days'),
  ...METRIC_CHECKS,
  ...PRICE_CHECKS,
];

/** Looks at all of it. */
export async function diagnose(visit: Inspection, onDone?: (done: number) => void): Promise<Diagnosis> {
  const checks = await runChecks(CHECKS, visit, onDone);
  const counts = Object.fromEntries(
    STATUSES.map(status => [status, checks.filter(check => check.status === status).length]),
  ) as Record<Status, number>;
  return { generatedAt: visit.now.toISOString(), checks, counts };
}
