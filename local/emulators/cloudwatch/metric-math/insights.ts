import {
  type InsightsFunction,
  type InsightsQuery,
  isInsightsQuery,
  MAX_INSIGHTS_SERIES,
  parseInsightsQuery,
} from './insights-query';
import { computed, type Series, UnsupportedExpression, type Value } from './values';
import type { MetricIdentity } from '../metrics/emf';
import { type MetricStore, periodOrigin } from '../metrics/metric-store';

/** Time range and period of a query. See `Range` in evaluate.ts. */
interface InsightsScope {
  readonly start: Date;
  readonly end: Date;
  readonly alignTo?: Date;
  readonly periodSeconds: number;
}

interface HasExpression {
  readonly expression?: string;
}

const DAY_MS = 86_400_000;
/** Age of the oldest data that a query reads, in milliseconds: two weeks. */
const MAX_AGE_MS = 14 * DAY_MS;
/** Maximum number of metrics that a query reads (User Guide, "Metrics Insights quotas"). */
const MAX_METRICS = 10_000;
/** Shortest period in seconds. CloudWatch answers a shorter period with data of one minute. */
const MIN_PERIOD_SECONDS = 60;
/** Value of a group whose metrics do not have the dimension of `GROUP BY`. */
const NO_VALUE = 'Other';

const STATISTICS: Readonly<Record<InsightsFunction, string>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};

/** Functions of `ORDER BY`. Each reduces the points of a series to one number. */
const ORDER_KEYS: Readonly<Record<InsightsFunction, (points: readonly number[]) => number>> = {
  AVG: points => sumOf(points) / points.length,
  COUNT: points => points.length,
  MAX: points => points.reduce((most, point) => Math.max(most, point), -Infinity),
  MIN: points => points.reduce((least, point) => Math.min(least, point), Infinity),
  SUM: sumOf,
};

/**
 * Evaluates a Metrics Insights query. Without `GROUP BY`, returns one series. Otherwise, returns an array
 * with one series for each group, labelled with the values of the group.
 *
 * - The function is applied to all values of a group in a period. AVG is the sum of the values, divided by
 *   their number, not the average of averages.
 * - `ORDER BY` compares one number for each series, calculated from its points in the whole range.
 * - A metric without the dimension of a condition does not match, with `=` and with `!=`.
 * - Two weeks are counted from the end of the range, because recorded data can be older than that.
 *
 * @throws UnsupportedExpression if the query is invalid or not supported, or if it matches too many metrics
 */
export function evaluateInsightsQuery(expression: string, store: MetricStore, scope: InsightsScope): Value {
  try {
    const query = parseInsightsQuery(expression);
    const metrics = store
      .list(query.namespace)
      .filter(metric => metric.name === query.metricName && matches(metric.dimensions, query));
    if (metrics.length > MAX_METRICS) {
      throw new Error(`the query must match at most ${MAX_METRICS} metrics, got: ${metrics.length}`);
    }
    if (query.groupBy.length === 0) return seriesOfGroup(query.metricName, metrics, {}, query, store, scope);
    const series = groupsOf(metrics, query.groupBy)
      .map(({ label, dimensions, members }) => seriesOfGroup(label, members, dimensions, query, store, scope))
      .filter(({ points }) => points.size > 0);
    return { kind: 'array', series: ordered(series, query).slice(0, query.limit ?? MAX_INSIGHTS_SERIES) };
  } catch (error) {
    if (error instanceof UnsupportedExpression) throw error;
    throw new UnsupportedExpression(
      expression,
      `the Metrics Insights query cannot be evaluated (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/**
 * Refuses several Metrics Insights queries in one request or widget, as CloudWatch does.
 *
 * @throws UnsupportedExpression if more than one expression is such a query
 */
export function requireOneInsightsQuery(queries: readonly HasExpression[]): void {
  const found = queries.filter(({ expression = '' }) => isInsightsQuery(expression));
  if (found.length > 1) {
    throw new UnsupportedExpression(
      found[1].expression ?? '',
      `a request or a widget must have at most one Metrics Insights query, got: ${found.length}`,
    );
  }
}

/**
 * Returns a sentence for the user if the range is longer than Metrics Insights reads, and if one of the
 * expressions is such a query.
 */
export function insightsRangeNote(
  queries: readonly HasExpression[],
  { start, end }: { readonly start: Date; readonly end: Date },
): string | undefined {
  if (end.getTime() - start.getTime() <= MAX_AGE_MS) return undefined;
  if (!queries.some(({ expression = '' }) => isInsightsQuery(expression))) return undefined;
  const first = new Date(end.getTime() - MAX_AGE_MS).toISOString().slice(0, 16).replace('T', ' ');
  return `Metrics Insights reads two weeks: the series of the query begin at ${first} UTC.`;
}

function matches(
  dimensions: Readonly<Record<string, string>>,
  { dimensions: schema, conditions }: InsightsQuery,
): boolean {
  return (
    (schema === undefined ||
      (Object.keys(dimensions).length === schema.length &&
        schema.every(name => Object.hasOwn(dimensions, name)))) &&
    conditions.every(
      ({ dimension, isEqual, value }) =>
        Object.hasOwn(dimensions, dimension) && (dimensions[dimension] === value) === isEqual,
    )
  );
}

interface Group {
  readonly label: string;
  /** Values of the `GROUP BY` dimensions. Dimensions without a value are absent. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly members: MetricIdentity[];
}

/** Groups metrics by the values of `names`, in alphabetical order of these values. */
function groupsOf(metrics: readonly MetricIdentity[], names: readonly string[]): Group[] {
  const groups = new Map<string, Group & { readonly values: readonly string[] }>();
  for (const metric of metrics) {
    const present = names.filter(name => Object.hasOwn(metric.dimensions, name));
    const values = names.map(name => (present.includes(name) ? metric.dimensions[name] : NO_VALUE));
    const key = JSON.stringify(present.map(name => [name, metric.dimensions[name]]));
    const group = groups.get(key);
    if (group) {
      group.members.push(metric);
    } else {
      const dimensions = Object.fromEntries(present.map(name => [name, metric.dimensions[name]]));
      groups.set(key, { label: values.join(' '), dimensions, members: [metric], values });
    }
  }
  return [...groups.values()].sort((a, b) => compareTexts(a.values, b.values));
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((text, index) => text !== b[index]);
  return at === -1 ? 0 : a[at] < b[at] ? -1 : 1;
}

function seriesOfGroup(
  label: string,
  metrics: readonly MetricIdentity[],
  dimensions: Readonly<Record<string, string>>,
  { select }: InsightsQuery,
  store: MetricStore,
  { start, end, alignTo, periodSeconds: period }: InsightsScope,
): Series {
  const periodSeconds = Math.max(period, MIN_PERIOD_SECONDS);
  const points = store.pointsOfAll(metrics, {
    start: new Date(Math.max(start.getTime(), end.getTime() - MAX_AGE_MS)),
    end,
    periodSeconds,
    statistic: STATISTICS[select],
    alignTo: new Date(periodOrigin({ start, periodSeconds, alignTo })),
  });
  return computed(
    label,
    points.map(({ time, value }) => [time.getTime(), value] as const),
    dimensions,
  );
}

function ordered(series: readonly Series[], { orderBy }: InsightsQuery): readonly Series[] {
  if (!orderBy) return series;
  const key = ({ points }: Series) => ORDER_KEYS[orderBy.by]([...points.values()]);
  const sign = orderBy.isDescending ? -1 : 1;
  return [...series].sort((a, b) => sign * (key(a) - key(b)));
}

function sumOf(points: readonly number[]): number {
  return points.reduce((sum, point) => sum + point, 0);
}
