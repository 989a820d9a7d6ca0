import { bulkhead } from 'cockatiel';
import {
  alarmArns,
  hasSparkline,
  readAnnotations,
  readAxis,
  type BodyWidget,
  type DashboardBody,
  type Properties,
  widgetKind,
} from './dashboard-body';
import type { MetricSource, TimeRange } from './metric-source';
import type {
  AlarmView,
  AnnotationView,
  DashboardName,
  DashboardView,
  Filters,
  StartView,
  WidgetView,
} from './views';
import { DIMENSIONS } from '../../src/contract';
import { isInsightsQuery, parseInsightsQuery } from '../emulators/cloudwatch/metric-math/insights-query';
import { widgetRange } from '../emulators/cloudwatch/widget';

/** Maximum number of widgets of one request that are evaluated at the same time. */
const WIDGETS_AT_ONCE = 4;
/** Width and height of a widget without a size, in grid units, as in CloudWatch. */
const DEFAULT_SIZE = 6;
/**
 * Start of the time range if neither the request nor the dashboard sets one: three hours before the end, as
 * in CloudWatch.
 */
const DEFAULT_START = '-PT3H';

/** Dashboard from a CloudFormation template. Its intrinsic functions are already replaced by values. */
export interface ResolvedDashboard extends DashboardName {
  readonly body: DashboardBody;
  /** Properties of all alarms in the template, by alarm ARN. Widgets of the dashboard can refer to them. */
  readonly alarms: ReadonlyMap<string, Properties>;
}

/** Time range and filters for which a dashboard is evaluated. */
export interface DashboardQuery {
  /**
   * Start of the time range: an ISO 8601 time, or a duration before the end such as `-PT3H`. Default: the
   * start that the dashboard sets, or three hours before the end.
   */
  readonly start?: string;
  /**
   * End of the time range: an ISO 8601 time. Default: the end of the data. If `start` is also undefined and
   * the dashboard sets an end, the default is this end.
   */
  readonly end?: string;
  readonly filters: Filters;
}

/** Lists the dashboards of the page, and evaluates them. */
export interface DashboardSource {
  list(): StartView;
  /**
   * Evaluates all widgets of the dashboard with this id.
   *
   * @throws UnknownDashboard if no dashboard has the id
   * @throws RangeError if the time range is invalid, or if its start is not before its end
   */
  dashboard(id: string, query: DashboardQuery): Promise<DashboardView>;
}

export class UnknownDashboard extends Error {}

/**
 * Creates a source that evaluates the given dashboards with data from `metrics`.
 *
 * @param notes sentences for the user, for example about a dashboard that could not be read
 */
export function dashboardSource(
  dashboards: readonly ResolvedDashboard[],
  metrics: MetricSource,
  notes: readonly string[] = [],
): DashboardSource {
  return {
    list: () => ({ dashboards: dashboards.map(nameOf), generatedFrom: metrics.generatedFrom, notes }),
    dashboard: async (id, query) => {
      const dashboard = dashboards.find(each => each.id === id);
      if (!dashboard) throw new UnknownDashboard(`there is no dashboard ${JSON.stringify(id)}`);
      return toDashboardView(dashboard, metrics, query);
    },
  };
}

async function toDashboardView(
  dashboard: ResolvedDashboard,
  metrics: MetricSource,
  { start, end, filters }: DashboardQuery,
): Promise<DashboardView> {
  const { body } = dashboard;
  const dataEnd = metrics.end();
  const requested = {
    start: start ?? body.start ?? DEFAULT_START,
    end: end ?? (start === undefined ? body.end : undefined),
  };
  const range = widgetRange(requested, { start: dataEnd, end: dataEnd });
  if (!(range.start.getTime() < range.end.getTime())) {
    throw new RangeError(
      'the time range must be ISO 8601 instants, or a start such as -PT3H, and must start before it ends, ' +
        `got: start ${requested.start}, end ${requested.end ?? dataEnd.toISOString()}`,
    );
  }
  const slots = bulkhead(WIDGETS_AT_ONCE, Number.MAX_SAFE_INTEGER);
  const notes: string[] = [];
  const [names, widgets] = await Promise.all([
    metrics.names(namespacesOf(body)).catch((error: unknown) => {
      notes.push(`Agents and models could not be listed: ${messageOf(error)}`);
      return { agents: [], models: [] };
    }),
    Promise.all(
      body.widgets.map(widget =>
        slots.execute(() => toWidgetView(widget, dashboard, metrics, range, filters)),
      ),
    ),
  ]);
  return {
    dashboard: nameOf(dashboard),
    start: range.start.toISOString(),
    end: range.end.toISOString(),
    live: metrics.live,
    ...names,
    notes,
    widgets,
  };
}

async function toWidgetView(
  widget: BodyWidget,
  { alarms }: ResolvedDashboard,
  metrics: MetricSource,
  range: TimeRange,
  filters: Filters,
): Promise<WidgetView> {
  const arns = alarmArns(widget);
  const known = arns.flatMap(arn => (alarms.has(arn) ? [{ arn, alarm: alarms.get(arn) ?? {} }] : []));
  const properties =
    widget.type === 'metric'
      ? withAlarmMetrics(
          widget.properties,
          known.map(({ alarm }) => alarm),
        )
      : widget.properties;
  const kind = widgetKind(widget);
  const data =
    widget.type === 'metric'
      ? await metrics.evaluate(properties, range, filters)
      : { series: [], errors: [], notes: [] };
  const window = widgetRange(properties, range);
  const missing = widget.type === 'metric' ? arns.length - known.length : 0;
  return {
    type: widget.type,
    kind,
    title: typeof properties.title === 'string' ? properties.title : '',
    x: widget.x,
    y: widget.y,
    width: widget.width ?? DEFAULT_SIZE,
    height: widget.height ?? DEFAULT_SIZE,
    start: window.start.toISOString(),
    end: window.end.toISOString(),
    series: data.series.map(({ points, ...series }) => ({
      ...series,
      points: points.map(({ time, value }) => [time.getTime(), value] as const),
    })),
    annotations: [
      ...readAnnotations(properties),
      ...known.flatMap(({ arn, alarm }) => thresholdLines(arn, alarm)),
    ],
    left: readAxis(properties, 'left'),
    right: readAxis(properties, 'right'),
    sparkline: hasSparkline(properties),
    alarms: kind === 'alarms' ? arns.map(arn => toAlarmView(arn, alarms.get(arn), metrics)) : [],
    markdown: typeof properties.markdown === 'string' ? properties.markdown : undefined,
    errors: data.errors,
    notes: [
      ...(data.notes ?? []),
      ...(missing > 0 ? ['Thresholds of alarms outside this template are not drawn.'] : []),
    ],
  };
}

function nameOf({ id, name, stack }: ResolvedDashboard): DashboardName {
  return { id, name, stack };
}

/**
 * Returns the metric namespaces for the lists of agents and models. Namespaces of AWS services are excluded.
 */
function namespacesOf({ widgets }: DashboardBody): string[] {
  const found = new Set<string>();
  for (const { properties } of widgets) {
    for (const entry of Array.isArray(properties.metrics) ? (properties.metrics as unknown[]) : []) {
      if (!Array.isArray(entry)) continue;
      const [namespace] = entry as unknown[];
      if (typeof namespace === 'string' && !namespace.startsWith('AWS/') && !namespace.startsWith('.')) {
        found.add(namespace);
      }
      const { expression } = (entry.at(-1) ?? {}) as { expression?: unknown };
      for (const name of namespacesIn(String(expression ?? ''))) found.add(name);
    }
  }
  return [...found];
}

/** Returns the namespaces of an expression whose metrics have the dimensions agent and model. */
function namespacesIn(expression: string): string[] {
  if (isInsightsQuery(expression)) {
    try {
      const { namespace, dimensions } = parseInsightsQuery(expression);
      return dimensions && hasPair(dimensions) ? [namespace] : [];
    } catch {
      // The widget shows why the query cannot be read.
      return [];
    }
  }
  return [...expression.matchAll(/\{\s*(?:"([^"]+)"|([^",{}\s]+))\s*,([^}]*)\}/g)]
    .filter(([, , , dimensions]) => hasPair(dimensions))
    .map(([, quoted, plain]) => quoted ?? plain);
}

function hasPair(dimensions: string | readonly string[]): boolean {
  return Object.values(DIMENSIONS).every(name => dimensions.includes(name));
}

/** Adds the metrics of `alarms` to a widget that has no metrics of its own. */
function withAlarmMetrics(properties: Properties, alarms: readonly Properties[]): Properties {
  if (Array.isArray(properties.metrics) || alarms.length === 0) return properties;
  return { ...properties, metrics: alarms.flatMap(alarmEntries) };
}

interface AlarmQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly Label?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: AlarmMetric; readonly Period: number; readonly Stat: string };
}
interface AlarmMetric {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

function alarmEntries(alarm: Properties): unknown[][] {
  const fields = ({ Namespace, MetricName, Dimensions = [] }: AlarmMetric) => [
    Namespace,
    MetricName,
    ...Dimensions.flatMap(({ Name, Value }) => [Name, Value]),
  ];
  if (!Array.isArray(alarm.Metrics)) {
    return [
      [
        ...fields(alarm),
        { stat: alarm.Statistic ?? alarm.ExtendedStatistic, period: Number(alarm.Period ?? 300) },
      ],
    ];
  }
  return (alarm.Metrics as AlarmQuery[]).map(({ Id, Expression, Label, ReturnData, MetricStat: stat }) => {
    const options = { id: Id, label: Label, visible: ReturnData !== false };
    return stat
      ? [...fields(stat.Metric), { ...options, stat: stat.Stat, period: stat.Period }]
      : [{ ...options, expression: Expression }];
  });
}

function thresholdLines(arn: string, { Threshold }: Properties): AnnotationView[] {
  const value = Number(Threshold);
  return Threshold === undefined || !Number.isFinite(value)
    ? []
    : [{ label: alarmName(arn), yAxis: 'left', value }];
}

function toAlarmView(arn: string, alarm: Properties | undefined, metrics: MetricSource): AlarmView {
  const name = alarmName(arn);
  if (!alarm || !metrics.alarm) return { name };
  try {
    return { name, ...metrics.alarm(alarm) };
  } catch (error) {
    return { name, reason: messageOf(error) };
  }
}

function alarmName(arn: string): string {
  return arn.slice(arn.indexOf(':alarm:') + ':alarm:'.length);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
