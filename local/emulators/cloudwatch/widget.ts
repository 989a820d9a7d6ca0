import { evaluateQuery, type Query, type Range } from './metric-math/evaluate';
import { insightsRangeNote } from './metric-math/insights';
import { labelOf } from './metric-math/label';
import { type Series, seriesOf } from './metric-math/values';
import type { MetricStore, Point } from './metrics/metric-store';

/** Series that a widget draws as a line, a bar or a number. */
export interface WidgetSeries {
  readonly label: string;
  readonly yAxis: 'left' | 'right';
  /** Color of the series, if the dashboard sets one. */
  readonly color?: string;
  readonly points: readonly Point[];
}

/**
 * Evaluated series of a metric widget. `errors` has the reason for each metric that could not be evaluated.
 * `notes` are sentences for the user, e.g. about a range that is shorter than requested.
 */
export interface WidgetData {
  readonly series: readonly WidgetSeries[];
  readonly errors: readonly string[];
  readonly notes?: readonly string[];
}

/**
 * Options of one metric or expression in a widget. They are the last element of the metric's array in
 * `metrics`.
 */
export interface EntryOptions {
  readonly id?: string;
  readonly expression?: string;
  readonly label?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly visible?: boolean;
  readonly yAxis?: 'left' | 'right';
  readonly color?: string;
}

type Properties = Readonly<Record<string, unknown>>;

const DEFAULT_PERIOD_SECONDS = 300;

/**
 * Evaluates the metrics and expressions of a dashboard widget. If the widget sets `start` or `end`, this
 * value replaces the one in `range`.
 */
export function evaluateWidget(
  properties: Properties,
  store: MetricStore,
  range: { readonly start: Date; readonly end: Date },
): WidgetData {
  const window = widgetRange(properties, range);
  const spanSeconds = Math.max(1, Math.round((window.end.getTime() - window.start.getTime()) / 1000));
  const entries = readEntries(properties, properties.setPeriodToTimeRange === true ? spanSeconds : undefined);
  const queries = entries.map(entry => entry.query);
  const evaluated: Range =
    properties.setPeriodToTimeRange === true ? { ...window, alignTo: window.start } : window;

  const series: WidgetSeries[] = [];
  const errors = new Set<string>();
  for (const { query, options } of entries) {
    if (options.visible === false) continue;
    try {
      const value = evaluateQuery(query, queries, store, evaluated);
      const found = value.kind === 'scalar' ? [constant(value.value, window)] : seriesOf(value);
      for (const one of found) {
        series.push({
          label: labelOf(one, options.label, found.length, query),
          yAxis: options.yAxis ?? 'left',
          // If an entry has several series, each gets a color of its own, as in CloudWatch.
          color: found.length > 1 ? undefined : options.color,
          points: [...one.points].map(([time, point]) => ({ time: new Date(time), value: point })),
        });
      }
    } catch (error) {
      errors.add(error instanceof Error ? error.message : String(error));
    }
  }
  const note = insightsRangeNote(queries, window);
  return { series, errors: [...errors], ...(note === undefined ? {} : { notes: [note] }) };
}

/**
 * Returns the time range of a widget. If the widget sets `start` or `end`, this value replaces the one in
 * `range`. A value is an ISO 8601 time or a duration. For example, the start `-PT3H` means three hours before
 * the end.
 */
export function widgetRange(
  properties: Properties,
  range: { readonly start: Date; readonly end: Date },
): { start: Date; end: Date } {
  const end = typeof properties.end === 'string' ? parseInstant(properties.end, range.end) : range.end;
  const start = typeof properties.start === 'string' ? parseInstant(properties.start, end) : range.start;
  return { start, end };
}

function parseInstant(text: string, from: Date): Date {
  const back = /^-P(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(text);
  if (!back) return new Date(text);
  const [months, weeks, days, hours, minutes] = back.slice(1).map(part => Number(part ?? 0));
  const time = new Date(from);
  time.setUTCMonth(time.getUTCMonth() - months);
  return new Date(time.getTime() - (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000);
}

/**
 * Reads the queries and options in the `metrics` of a widget, in order.
 *
 * @param forcedPeriod period in seconds for all queries. If undefined, each query has its own period
 */
export function readEntries(
  properties: Properties,
  forcedPeriod: number | undefined,
): { query: Query; options: EntryOptions }[] {
  const metrics = Array.isArray(properties.metrics) ? (properties.metrics as unknown[][]) : [];
  const defaultPeriod = typeof properties.period === 'number' ? properties.period : DEFAULT_PERIOD_SECONDS;
  const defaultStatistic = typeof properties.stat === 'string' ? properties.stat : 'Average';
  let above: string[] = [];
  return metrics.map(entry => {
    const last = entry[entry.length - 1];
    const options = (typeof last === 'object' && last !== null ? last : {}) as EntryOptions;
    const periodSeconds = forcedPeriod ?? options.period ?? defaultPeriod;
    if (options.expression !== undefined) {
      return { query: { id: options.id, expression: options.expression, periodSeconds }, options };
    }
    const fields = expandFields(
      entry.filter(field => typeof field === 'string'),
      above,
    );
    above = fields;
    const [namespace, name, ...pairs] = fields;
    const dimensions: Record<string, string> = {};
    for (let index = 0; index + 1 < pairs.length; index += 2) dimensions[pairs[index]] = pairs[index + 1];
    return {
      query: {
        id: options.id,
        metric: { namespace, name, dimensions, statistic: options.stat ?? defaultStatistic },
        periodSeconds,
      },
      options,
    };
  });
}

/**
 * Expands the short forms of a metric's fields in a dashboard. `above` contains the fields of the previous
 * metric.
 * - `'.'` stands for the field at the same position in `above`.
 * - `'...'` stands for all missing fields at the start. After `['N', 'Cost', 'Agent', 'a']`, `['...', 'b']`
 *   means `['N', 'Cost', 'Agent', 'b']`.
 */
function expandFields(fields: readonly string[], above: readonly string[]): string[] {
  const expanded =
    fields[0] === '...'
      ? [...above.slice(0, above.length - (fields.length - 1)), ...fields.slice(1)]
      : fields;
  return expanded.map((field, index) => (field === '.' ? above[index] : field));
}

function constant(value: number, { start, end }: { start: Date; end: Date }): Series {
  return {
    kind: 'series',
    label: '',
    dimensions: {},
    points: new Map([
      [start.getTime(), value],
      [end.getTime(), value],
    ]),
  };
}
