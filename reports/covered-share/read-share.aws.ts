import { readAccountCalls } from './account-calls.aws';
import type { CoveredShare, CoveredShareOptions } from './covered-share';
import { makeCoveredShare } from './make-share';
import type { RollupItem } from '../../lambda/rollup/rollup-item';
import { dayOf } from '../../lambda/traces/trace-keys';
import { ReadCount } from '../source/read-report';
import type { ReportSource } from '../source/usage-source.aws';

/**
 * Makes the report of `UsageReports.coveredShare`. If the caller may not read metrics, it reads nothing from
 * the table.
 */
export async function readCoveredShare(
  day: string,
  options: CoveredShareOptions,
  { source, now }: { readonly source: ReportSource; readonly now: Date },
): Promise<CoveredShare> {
  const account = await readAccountCalls(day, options);
  const count = new ReadCount();
  const entries: RollupItem[] = [];
  if (!account.isDenied) {
    const { signal } = options;
    for await (const utcDay of source.utcDays(day, day, dayOf(now), { meter: count, signal })) {
      count.addDay(utcDay);
      entries.push(...utcDay.entries);
    }
  }
  return makeCoveredShare(day, account, { entries }, { now, count });
}
