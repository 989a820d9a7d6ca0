import type { AccountReading } from './account-calls';
import { compareCalls, recordedCalls } from './compare-calls';
import type { CoveredShare } from './covered-share';
import { shareNotes, summaryText } from './share-text';
import { picoToDecimalString, usdToPico } from '../../lambda/pricing/pico';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { type ReadCount, unreadableOf } from '../source/read-report';
import type { UtcDay } from '../source/usage-source.aws';

/** Price of one metric in GetMetricData, in pico-dollars: $0.01 for 1,000 metrics (CloudWatch pricing). */
const PICO_USD_PER_METRIC = usdToPico('0.01') / 1000n;
/** Minutes after the end of a day until its metrics have arrived. */
const METRICS_DELAY_MINUTES = 15;
const MS_PER_MINUTE = 60_000;
const GET_METRIC_DATA = 'cloudwatch:GetMetricData';

/** Makes the report of `UsageReports.coveredShare` from the account's metrics and the sums of the day. */
export function makeCoveredShare(
  day: string,
  { region, isDenied, calls, lostTraces, metricsRead, messages }: AccountReading,
  recorded: Pick<UtcDay, 'entries'>,
  { now, count }: { readonly now: Date; readonly count: ReadCount },
): CoveredShare {
  const { total, models } = compareCalls(calls, recordedCalls(recorded));
  const end = startOfDay(addUtcDays(day, 1)).getTime() + METRICS_DELAY_MINUTES * MS_PER_MINUTE;
  const share = {
    day,
    region,
    generatedAt: now.toISOString(),
    status: isDenied ? 'access-denied' : calls.length === 0 ? 'no-metrics' : 'compared',
    ...(isDenied ? { missingPermission: GET_METRIC_DATA } : { total }),
    complete: end <= now.getTime(),
    models: isDenied ? [] : models,
    ...(lostTraces === undefined ? {} : { lostTraces }),
    metricsRead,
    metricsCostUsd: picoToDecimalString(BigInt(metricsRead) * PICO_USD_PER_METRIC),
    ...unreadableOf(count),
    reads: count.reads(),
  } as const;
  return { ...share, summary: summaryText(share), notes: shareNotes(share, messages) };
}
