import type { AnnotationView, AxisView, WidgetKind } from './views';

export type Properties = Readonly<Record<string, unknown>>;

/** One widget of a dashboard, as the DashboardBody defines it. */
export interface BodyWidget {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly properties: Properties;
}

/** JSON that defines a CloudWatch dashboard, limited to the fields that the page uses. */
export interface DashboardBody {
  readonly start?: string;
  readonly end?: string;
  readonly widgets: readonly BodyWidget[];
}

interface BodyVariable {
  readonly type?: string;
  readonly pattern?: string;
  readonly defaultValue?: string;
}

/**
 * Parses a DashboardBody. Replaces the pattern of each dashboard variable by the variable's default value.
 *
 * @throws if the text is not a JSON object
 */
export function parseBody(text: string): DashboardBody {
  const { variables } = parseObject(text);
  let replaced = text;
  for (const { type, pattern, defaultValue } of (Array.isArray(variables)
    ? variables
    : []) as readonly BodyVariable[]) {
    // If a variable has a pattern, the default value replaces the pattern in the whole body. Both texts are
    // escaped as JSON strings, because the body is JSON.
    if (type === 'pattern' && pattern && defaultValue !== undefined) {
      replaced = replaced.replaceAll(escapeForJson(pattern), escapeForJson(defaultValue));
    }
  }
  const body = parseObject(replaced);
  const widgets = Array.isArray(body.widgets) ? (body.widgets as readonly Partial<BodyWidget>[]) : [];
  return {
    start: stringOrUndefined(body.start),
    end: stringOrUndefined(body.end),
    widgets: widgets.map(widget => ({
      ...widget,
      type: String(widget.type),
      properties: widget.properties ?? {},
    })),
  };
}

/** Returns the kind of chart or content that the page shows for a widget. */
export function widgetKind(widget: { readonly type: string; readonly properties: Properties }): WidgetKind {
  if (widget.type === 'text') return 'text';
  if (widget.type === 'alarm') return 'alarms';
  if (widget.type !== 'metric') return 'other';
  switch (widget.properties.view) {
    case 'bar':
    case 'pie':
    case 'singleValue':
    case 'gauge':
    case 'table':
      return widget.properties.view;
    default:
      return widget.properties.stacked === true ? 'stackedArea' : 'line';
  }
}

/** Reads the label and the limits of the left or right axis of a metric widget. */
export function readAxis(properties: Properties, side: 'left' | 'right'): AxisView {
  const axis =
    (
      properties.yAxis as
        Readonly<Record<string, { label?: unknown; min?: unknown; max?: unknown }>> | undefined
    )?.[side] ?? {};
  return {
    label: stringOrUndefined(axis.label),
    min: typeof axis.min === 'number' ? axis.min : undefined,
    max: typeof axis.max === 'number' ? axis.max : undefined,
  };
}

/** Returns true if a widget shows a small line chart, a sparkline, below each number. */
export function hasSparkline({ view, sparkline }: Properties): boolean {
  return view === 'singleValue' && sparkline === true;
}

interface Annotation {
  readonly value?: number | string;
  readonly label?: string;
  readonly color?: string;
  readonly visible?: boolean;
  readonly yAxis?: string;
}

/** Reads the annotation lines of a metric widget. A band between two values becomes two lines. */
export function readAnnotations(properties: Properties): AnnotationView[] {
  const { horizontal = [], vertical = [] } = (properties.annotations ?? {}) as {
    horizontal?: unknown;
    vertical?: unknown;
  };
  const listed = (list: unknown) =>
    (Array.isArray(list) ? (list.flat() as Annotation[]) : []).filter(each => each.visible !== false);
  const lines = listed(horizontal).map(({ value, label = '', color, yAxis }): AnnotationView => ({
    label,
    color,
    yAxis: yAxis === 'right' ? 'right' : 'left',
    value: Number(value),
  }));
  const moments = listed(vertical).map(({ value, label = '', color }): AnnotationView => ({
    label,
    color,
    yAxis: 'left',
    time: new Date(String(value)).getTime(),
  }));
  return [
    ...lines.filter(line => Number.isFinite(line.value)),
    ...moments.filter(moment => Number.isFinite(moment.time)),
  ];
}

/** Returns the ARNs of the alarms that a widget shows. */
export function alarmArns({ type, properties }: BodyWidget): string[] {
  const listed: unknown =
    type === 'alarm'
      ? properties.alarms
      : (properties.annotations as { alarms?: unknown } | undefined)?.alarms;
  return Array.isArray(listed) ? listed.map(String) : [];
}

function parseObject(text: string): Properties {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) throw new Error('the DashboardBody must be a JSON object');
  return value as Properties;
}

function escapeForJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function stringOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
