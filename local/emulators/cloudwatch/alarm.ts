import { TZDate } from '@date-fns/tz';
import { startOfDay, subDays } from 'date-fns';
import { evaluateQuery, type Query } from './metric-math/evaluate';
import { isInsightsQuery, parseInsightsQuery } from './metric-math/insights-query';
import { seriesOf } from './metric-math/values';
import type { MetricStore } from './metrics/metric-store';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

interface MetricStat {
  readonly Metric: {
    readonly Namespace: string;
    readonly MetricName: string;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  };
  readonly Period: number | string;
  readonly Stat: string;
}

/** Properties of an `AWS::CloudWatch::Alarm` that {@link evaluateAlarm} reads. */
interface AlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: MetricStat['Metric']['Dimensions'];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number | string;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: MetricStat;
    /** Period of an expression in seconds. CloudWatch uses it for Metrics Insights queries. */
    readonly Period?: number | string;
    readonly ReturnData?: boolean;
  }[];
  readonly EvaluationPeriods: number | string;
  readonly DatapointsToAlarm?: number | string;
  readonly Threshold: number | string;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: string;
  readonly EvaluationWindow?: { readonly WallClockWindow?: { readonly Timezone?: string } };
}

/** Time range whose data decides the state of an alarm. */
interface Window {
  readonly start: Date;
  readonly periodSeconds: number;
  /** Text for the alarm's reason, e.g. "in the last 24 hours". */
  readonly words: string;
}

const DAY_SECONDS = 86_400;
/**
 * Longest time range in seconds that an alarm on a Metrics Insights query evaluates: three hours (User Guide,
 * "Limits that apply to alarms based on Metrics Insights queries").
 */
const MAX_INSIGHTS_SECONDS = 3 * 3600;

const COMPARISONS: Readonly<
  Record<string, { readonly words: string; readonly breaches: (value: number, threshold: number) => boolean }>
> = {
  GreaterThanOrEqualToThreshold: {
    words: 'greater than or equal to',
    breaches: (value, threshold) => value >= threshold,
  },
  GreaterThanThreshold: { words: 'greater than', breaches: (value, threshold) => value > threshold },
  LessThanThreshold: { words: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: {
    words: 'less than or equal to',
    breaches: (value, threshold) => value <= threshold,
  },
};

/**
 * Returns the state of an alarm at the time `now`, and the reason. An alarm with a one-day period evaluates
 * the last 24 hours. With a wall-clock window, it evaluates the last complete day.
 *
 * Without data, the state depends on `TreatMissingData`: ALARM for `breaching`, OK for `notBreaching`,
 * INSUFFICIENT_DATA for other values. For other values, CloudWatch may keep the previous state instead.
 *
 * @param properties resolved properties of an `AWS::CloudWatch::Alarm`
 * @throws if the comparison, the window or a Metrics Insights query is not supported. Such a query must give
 * one series and evaluate at most three hours
 */
export function evaluateAlarm(
  properties: Readonly<Record<string, unknown>>,
  store: MetricStore,
  now: Date,
): { state: AlarmState; reason: string } {
  const alarm = properties as unknown as AlarmProperties;
  const periods = Number(alarm.EvaluationPeriods);
  const needed = Number(alarm.DatapointsToAlarm ?? periods);
  const { start, periodSeconds, words: window } = readWindow(alarm, periods, now);
  const periodMs = periodSeconds * 1000;
  const end = new Date(start.getTime() + periods * periodMs);
  const { queries, watched } = readQueries(alarm, periodSeconds);
  const threshold = Number(alarm.Threshold);
  const comparison = COMPARISONS[alarm.ComparisonOperator];
  if (!comparison) throw new Error(`the comparison operator ${alarm.ComparisonOperator} is not supported`);

  const [series] = seriesOf(evaluateQuery(watched, queries, store, { start, end, alignTo: start }));
  const points = Array.from({ length: periods }, (_, index) => {
    const time = start.getTime() + index * periodMs;
    return { time, value: series?.points.get(time) };
  });
  const present = points.filter(point => point.value !== undefined);
  const breaching = present.filter(point => comparison.breaches(point.value ?? NaN, threshold));
  const missingBreach = alarm.TreatMissingData === 'breaching' ? periods - present.length : 0;

  const shown = present
    .map(point => `${rounded(point.value ?? NaN)} (${new Date(point.time).toISOString()})`)
    .join(', ');
  if (breaching.length + missingBreach >= needed) {
    return {
      state: 'ALARM',
      reason:
        `Threshold crossed: ${breaching.length + missingBreach} of ${periods} ` +
        `datapoint${periods === 1 ? '' : 's'} [${shown}] ${window} ` +
        `${breaching.length === 1 ? 'was' : 'were'} ${comparison.words} the threshold (${rounded(threshold)}).`,
    };
  }
  if (present.length === 0 && alarm.TreatMissingData !== 'notBreaching') {
    return { state: 'INSUFFICIENT_DATA', reason: `No datapoints ${window}.` };
  }
  if (present.length === 0) {
    return { state: 'OK', reason: `No datapoints ${window}; missing data is treated as not breaching.` };
  }
  return {
    state: 'OK',
    reason:
      `${breaching.length} of ${periods} datapoint${periods === 1 ? '' : 's'} [${shown}] ${window} ` +
      `${breaching.length === 1 ? 'was' : 'were'} ${comparison.words} the threshold (${rounded(threshold)}); ` +
      `${needed} needed.`,
  };
}

function readWindow(alarm: AlarmProperties, periods: number, now: Date): Window {
  const periodSeconds = Number(
    alarm.Period ??
      alarm.Metrics?.find(({ MetricStat: stat }) => stat)?.MetricStat?.Period ??
      alarm.Metrics?.find(({ Period }) => Period !== undefined)?.Period ??
      60,
  );
  const wallClock = alarm.EvaluationWindow?.WallClockWindow;
  if (!wallClock) {
    return {
      start: new Date(now.getTime() - periods * periodSeconds * 1000),
      periodSeconds,
      words: `in the last ${duration(periods * periodSeconds)}`,
    };
  }
  if (periodSeconds !== DAY_SECONDS || periods !== 1) {
    throw new Error('a wall-clock window must be one day');
  }
  const timeZone = wallClock.Timezone ?? 'UTC';
  const midnight = startOfDay(new TZDate(now.getTime(), timeZone));
  const start = subDays(midnight, 1);
  // Length of the day in seconds. A day on which the clocks change has 23 or 25 hours.
  const seconds = (midnight.getTime() - start.getTime()) / 1000;
  return {
    start: new Date(start.getTime()),
    periodSeconds: seconds,
    words: `on ${start.toISOString().slice(0, 10)} in ${timeZone}`,
  };
}

function readQueries(alarm: AlarmProperties, periodSeconds: number): { queries: Query[]; watched: Query } {
  if (!alarm.Metrics) {
    const watched = toQuery('m1', periodSeconds, {
      Metric: {
        Namespace: alarm.Namespace ?? '',
        MetricName: alarm.MetricName ?? '',
        Dimensions: alarm.Dimensions,
      },
      Stat: alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average',
    });
    return { queries: [watched], watched };
  }
  const queries = alarm.Metrics.map(({ Id, Expression, MetricStat: stat }) =>
    stat ? toQuery(Id, periodSeconds, stat) : { id: Id, expression: Expression, periodSeconds },
  );
  const watched = queries[alarm.Metrics.findIndex(metric => metric.ReturnData !== false)];
  if (!watched) throw new Error('an alarm on metric math must have one metric that returns data');
  for (const { expression = '' } of queries.filter(query => isInsightsQuery(query.expression ?? ''))) {
    requireInsightsAlarm(expression, periodSeconds * Number(alarm.EvaluationPeriods));
  }
  return { queries, watched };
}

/**
 * Refuses an alarm on a Metrics Insights query that CloudWatch refuses, or that the emulator does not
 * support.
 */
function requireInsightsAlarm(expression: string, seconds: number): void {
  if (seconds > MAX_INSIGHTS_SECONDS) {
    throw new Error(
      `an alarm on a Metrics Insights query must evaluate at most three hours, got: ${duration(seconds)}`,
    );
  }
  if (parseInsightsQuery(expression).groupBy.length > 0) {
    throw new Error(`alarms on several series are not supported: ${expression}`);
  }
}

function toQuery(id: string, periodSeconds: number, stat: Pick<MetricStat, 'Metric' | 'Stat'>): Query {
  return {
    id,
    periodSeconds,
    metric: {
      namespace: stat.Metric.Namespace,
      name: stat.Metric.MetricName,
      dimensions: Object.fromEntries((stat.Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
      statistic: stat.Stat,
    },
  };
}

function duration(seconds: number): string {
  if (seconds % 3600 === 0) return seconds === 3600 ? 'hour' : `${seconds / 3600} hours`;
  return `${seconds / 60} minutes`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
