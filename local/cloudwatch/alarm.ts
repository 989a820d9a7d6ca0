import { evaluateQuery, type Query } from './metric-math/evaluate';
import { seriesOf } from './metric-math/values';
import type { MetricStore } from './metric-store';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

interface MetricStat {
  readonly Metric: { readonly Namespace: string; readonly MetricName: string; readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[] };
  readonly Period: number | string;
  readonly Stat: string;
}

/** The properties of `AWS::CloudWatch::Alarm` that are read here. */
interface AlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: MetricStat['Metric']['Dimensions'];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number | string;
  readonly Metrics?: readonly { readonly Id: string; readonly Expression?: string; readonly MetricStat?: MetricStat; readonly ReturnData?: boolean }[];
  readonly EvaluationPeriods: number | string;
  readonly DatapointsToAlarm?: number | string;
  readonly Threshold: number | string;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: string;
}

const COMPARISONS: Readonly<Record<string, { readonly words: string; readonly breaches: (value: number, threshold: number) => boolean }>> = {
  GreaterThanOrEqualToThreshold: { words: 'greater than or equal to', breaches: (value, threshold) => value >= threshold },
  GreaterThanThreshold: { words: 'greater than', breaches: (value, threshold) => value > threshold },
  LessThanThreshold: { words: 'less than', breaches: (value, threshold) => value < threshold },
  LessThanOrEqualToThreshold: { words: 'less than or equal to', breaches: (value, threshold) => value <= threshold },
};

/**
 * The state that an alarm with a sliding window is in: the last periods end now, so one period of a day is the last 24
 * hours and not "today".
 *
 * @param properties resolved properties of an `AWS::CloudWatch::Alarm`
 */
export function evaluateAlarm(properties: Readonly<Record<string, unknown>>, store: MetricStore, now: Date): { state: AlarmState; reason: string } {
  const alarm = properties as unknown as AlarmProperties;
  const { queries, watched } = readQueries(alarm);
  const periodMs = watched.periodSeconds * 1000;
  const periods = Number(alarm.EvaluationPeriods);
  const needed = Number(alarm.DatapointsToAlarm ?? periods);
  const threshold = Number(alarm.Threshold);
  const comparison = COMPARISONS[alarm.ComparisonOperator];
  if (!comparison) throw new Error(`the comparison ${alarm.ComparisonOperator} is not evaluated here`);

  const start = new Date(now.getTime() - periods * periodMs);
  const [series] = seriesOf(evaluateQuery(watched, queries, store, { start, end: now, alignTo: start }));
  const points = Array.from({ length: periods }, (_, index) => {
    const time = start.getTime() + index * periodMs;
    return { time, value: series?.points.get(time) };
  });
  const present = points.filter(point => point.value !== undefined);
  const breaching = present.filter(point => comparison.breaches(point.value ?? NaN, threshold));
  const missingBreach = alarm.TreatMissingData === 'breaching' ? periods - present.length : 0;

  const window = `in the last ${duration(periods * watched.periodSeconds)}`;
  const shown = present.map(point => `${rounded(point.value ?? NaN)} (${new Date(point.time).toISOString()})`).join(', ');
  if (breaching.length + missingBreach >= needed) {
    return {
      state: 'ALARM',
      reason: `Threshold crossed: ${breaching.length + missingBreach} of ${periods} datapoint${periods === 1 ? '' : 's'} [${shown}] ${window} `
        + `${breaching.length === 1 ? 'was' : 'were'} ${comparison.words} the threshold (${threshold}).`,
    };
  }
  if (present.length === 0 && alarm.TreatMissingData !== 'notBreaching') {
    return { state: 'INSUFFICIENT_DATA', reason: `No datapoints ${window}.` };
  }
  if (present.length === 0) return { state: 'OK', reason: `No datapoints ${window}; missing data is treated as not breaching.` };
  return {
    state: 'OK',
    reason: `${breaching.length} of ${periods} datapoint${periods === 1 ? '' : 's'} [${shown}] ${window} `
      + `${breaching.length === 1 ? 'was' : 'were'} ${comparison.words} the threshold (${threshold}); ${needed} needed.`,
  };
}

function readQueries(alarm: AlarmProperties): { queries: Query[]; watched: Query } {
  if (!alarm.Metrics) {
    const watched = queryOf('m1', {
      Metric: { Namespace: alarm.Namespace ?? '', MetricName: alarm.MetricName ?? '', Dimensions: alarm.Dimensions },
      Period: alarm.Period ?? 60,
      Stat: alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average',
    });
    return { queries: [watched], watched };
  }
  const stats = alarm.Metrics.flatMap(({ MetricStat: stat }) => stat ? [Number(stat.Period)] : []);
  const periodSeconds = stats[0] ?? 60;
  const queries = alarm.Metrics.map(({ Id, Expression, MetricStat: stat }) => stat ? queryOf(Id, stat) : { id: Id, expression: Expression, periodSeconds });
  const watched = queries[alarm.Metrics.findIndex(metric => metric.ReturnData !== false)];
  if (!watched) throw new Error('an alarm on metric math must have one metric that returns data');
  return { queries, watched };
}

function queryOf(id: string, stat: MetricStat): Query {
  return {
    id,
    periodSeconds: Number(stat.Period),
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
