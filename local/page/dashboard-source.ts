import { bulkhead } from 'cockatiel';
import {
  alarmArns,
  annotationsOf,
  axisOf,
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

/** Widgets that are evaluated at once. */
const WIDGETS_AT_ONCE = 4;
/** CloudWatch's own size of a widget, and the console's own range. */
const DEFAULT_SIZE = 6;
const DEFAULT_START = '-PT3H';

/** A dashboard of a template, resolved. */
export interface ResolvedDashboard extends DashboardName {
  readonly body: DashboardBody;
  /** The properties of the template's alarms, by ARN. */
  readonly alarms: ReadonlyMap<string, Properties>;
}

/** What of a dashboard is asked for. */
export interface DashboardQuery {
  /** ISO 8601, or a duration back from the end such as `-PT3H`. Default: the dashboard's own. */
  readonly start?: string;
  /** ISO 8601. Default: where the data ends. */
  readonly end?: string;
  readonly filters: Filters;
}

/** The dashboards that the page shows. */
export interface DashboardSource {
  list(): StartView;
  /** @throws UnknownDashboard, and RangeError where a range is none */
  dashboard(id: string, query: DashboardQuery): Promise<DashboardView>;
}

export class UnknownDashboard extends Error {}

/** Dashboards of templates over a source of metrics. */
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
      return dashboardView(dashboard, metrics, query);
    },
  };
}

async function dashboardView(
  dashboard: ResolvedDashboard,
  metrics: MetricSource,
  { start, end, filters }: DashboardQuery,
): Promise<DashboardView> {
  const { body } = dashboard;
  const until = metrics.end();
  const chosen = {
    start: start ?? body.start ?? DEFAULT_START,
    end: end ?? (start === undefined ? body.end : undefined),
  };
  const range = widgetRange(chosen, { start: until, end: until });
  if (!(range.start.getTime() < range.end.getTime())) {
    throw new RangeError(
      'the range must be ISO 8601 instants, or a start such as -PT3H, that begins before it ends; ' +
        `got: start ${chosen.start}, end ${chosen.end ?? until.toISOString()}`,
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
      body.widgets.map(widget => slots.execute(() => widgetView(widget, dashboard, metrics, range, filters))),
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

async function widgetView(
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
      ...annotationsOf(properties),
      ...known.flatMap(({ arn, alarm }) => thresholdOf(arn, alarm)),
    ],
    left: axisOf(properties, 'left'),
    right: axisOf(properties, 'right'),
    alarms: kind === 'alarms' ? arns.map(arn => alarmView(arn, alarms.get(arn), metrics)) : [],
    markdown: typeof properties.markdown === 'string' ? properties.markdown : undefined,
    errors: data.errors,
    notes: [
      ...(data.notes ?? []),
      ...(missing > 0 ? ['The thresholds of alarms that are not in this template are not drawn.'] : []),
    ],
  };
}

function nameOf({ id, name, stack }: ResolvedDashboard): DashboardName {
  return { id, name, stack };
}

/** The namespaces that a dashboard shows by agent and model. */
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

/** A widget of an alarm has no metrics of its own: it shows the alarm's. */
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

function thresholdOf(arn: string, { Threshold }: Properties): AnnotationView[] {
  const value = Number(Threshold);
  return Threshold === undefined || !Number.isFinite(value)
    ? []
    : [{ label: alarmName(arn), yAxis: 'left', value }];
}

function alarmView(arn: string, alarm: Properties | undefined, metrics: MetricSource): AlarmView {
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
