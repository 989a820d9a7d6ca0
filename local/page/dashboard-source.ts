import { bulkhead } from 'cockatiel';
import {
  alarmArns,
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
import { widgetRange } from '../emulators/cloudwatch/widget';

/** Maximum number of widgets that are evaluated concurrently. */
const WIDGETS_AT_ONCE = 4;
/** Default width and height of a widget in CloudWatch, in grid units. */
const DEFAULT_SIZE = 6;
/** Default start of the time range in the CloudWatch console. */
const DEFAULT_START = '-PT3H';

/** Dashboard of a template. Intrinsic functions are already replaced by values. */
export interface ResolvedDashboard extends DashboardName {
  readonly body: DashboardBody;
  /** Properties of each alarm in the template, by alarm ARN. */
  readonly alarms: ReadonlyMap<string, Properties>;
}

/** Time range and filters of a dashboard request. */
export interface DashboardQuery {
  /**
   * Start of the range: an ISO 8601 time, or a duration back from the end such as `-PT3H`. Default: the start
   * in the DashboardBody.
   */
  readonly start?: string;
  /** End of the range, ISO 8601. Default: the end of the data. */
  readonly end?: string;
  readonly filters: Filters;
}

/** Source of the dashboards that the page shows. */
export interface DashboardSource {
  list(): StartView;
  /**
   * Evaluates the widgets of a dashboard.
   *
   * @throws UnknownDashboard if no dashboard has the id
   * @throws RangeError if the time range is invalid, or if its start is not before its end
   */
  dashboard(id: string, query: DashboardQuery): Promise<DashboardView>;
}

export class UnknownDashboard extends Error {}

/** Creates a dashboard source from dashboards and a source of metrics. */
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

/** Returns the namespaces in which a dashboard may have metrics by agent and model. */
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
      for (const [, quoted, plain, dimensions] of String(expression ?? '').matchAll(
        /\{\s*(?:"([^"]+)"|([^",{}\s]+))\s*,([^}]*)\}/g,
      )) {
        if (Object.values(DIMENSIONS).every(name => dimensions.includes(name))) found.add(quoted ?? plain);
      }
    }
  }
  return [...found];
}

/**
 * Adds metrics to a widget that names alarms but has no metrics. The added metrics are those of the alarms.
 */
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
