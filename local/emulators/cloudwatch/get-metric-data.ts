import { evaluateQuery, type Query } from './metric-math/evaluate';
import { insightsRangeNote } from './metric-math/insights';
import { labelOf } from './metric-math/label';
import { type Series, seriesOf, UnsupportedExpression } from './metric-math/values';
import type { MetricStore } from './metrics/metric-store';
import { RefusedRequest } from './put-metric-data';

export interface GetMetricDataInput {
  /** Start of the time range in epoch seconds. */
  readonly StartTime: number;
  /** End of the time range in epoch seconds. */
  readonly EndTime: number;
  readonly ScanBy?: 'TimestampAscending' | 'TimestampDescending';
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly Label?: string;
    readonly Expression?: string;
    readonly Period?: number;
    readonly ReturnData?: boolean;
    readonly MetricStat?: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
      };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

/** Maximum number of queries in one GetMetricData request (API reference). */
const MAX_QUERIES = 500;
const DEFAULT_PERIOD_SECONDS = 300;

/**
 * Answers a GetMetricData request. All results are in one page. Queries with `ReturnData: false` have no
 * result.
 */
export function getMetricData(input: GetMetricDataInput, store: MetricStore) {
  if (input.MetricDataQueries.length > MAX_QUERIES) {
    throw new RefusedRequest(
      'InvalidParameterValueException',
      `The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`,
    );
  }
  if (input.EndTime <= input.StartTime) {
    throw new RefusedRequest(
      'InvalidParameterValueException',
      'The parameter EndTime must be greater than StartTime.',
    );
  }
  const periods = input.MetricDataQueries.flatMap(query =>
    query.MetricStat ? [query.MetricStat.Period] : [],
  );
  const queries = input.MetricDataQueries.map((query): Query => ({
    id: query.Id,
    expression: query.Expression,
    periodSeconds: query.MetricStat?.Period ?? query.Period ?? periods[0] ?? DEFAULT_PERIOD_SECONDS,
    metric: query.MetricStat && {
      namespace: query.MetricStat.Metric.Namespace,
      name: query.MetricStat.Metric.MetricName,
      dimensions: Object.fromEntries(
        (query.MetricStat.Metric.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]),
      ),
      statistic: query.MetricStat.Stat,
    },
  }));
  const range = { start: new Date(input.StartTime * 1000), end: new Date(input.EndTime * 1000) };
  const results = input.MetricDataQueries.flatMap((query, index) => {
    if (query.ReturnData === false) return [];
    const found = seriesOf(evaluate(queries[index], queries, store, range));
    return (found.length > 0 ? found : [undefined]).map(series => {
      const label = series ? labelOf(series, query.Label, found.length, queries[index]) : query.Label;
      return toResult(query.Id, label || query.Id, series, input.ScanBy);
    });
  });
  const note = insightsRangeNote(queries, range);
  return {
    MetricDataResults: results,
    Messages: note === undefined ? [] : [{ Code: 'MetricsInsightsRange', Value: note }],
  };
}

function evaluate(
  query: Query,
  queries: readonly Query[],
  store: MetricStore,
  range: { start: Date; end: Date },
) {
  try {
    return evaluateQuery(query, queries, store, range);
  } catch (error) {
    if (error instanceof UnsupportedExpression) throw new RefusedRequest('ValidationError', error.message);
    throw error;
  }
}

function toResult(
  id: string,
  label: string,
  series: Series | undefined,
  scanBy: GetMetricDataInput['ScanBy'],
) {
  const points = [...(series?.points ?? [])];
  if (scanBy !== 'TimestampAscending') points.reverse();
  return {
    Id: id,
    Label: label,
    Timestamps: points.map(([time]) => time / 1000),
    Values: points.map(([, value]) => value),
    StatusCode: 'Complete',
  };
}
