import type { AnnotationView, AxisView, WidgetKind } from './views';

export type Properties = Readonly<Record<string, unknown>>;

/** One widget of a DashboardBody. */
export interface BodyWidget {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly properties: Properties;
}

/** A DashboardBody, as far as it is read here. */
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
 * Reads a DashboardBody's text. Pattern variables are replaced by their defaults.
 *
 * @throws where it is no JSON object
 */
export function parseBody(text: string): DashboardBody {
  const { variables } = objectFrom(text);
  let replaced = text;
  for (const { type, pattern, defaultValue } of (Array.isArray(variables)
    ? variables
    : []) as readonly BodyVariable[]) {
    // Both stand inside of JSON texts.
    if (type === 'pattern' && pattern && defaultValue !== undefined) {
      replaced = replaced.replaceAll(inJson(pattern), inJson(defaultValue));
    }
  }
  const body = objectFrom(replaced);
  const widgets = Array.isArray(body.widgets) ? (body.widgets as readonly Partial<BodyWidget>[]) : [];
  return {
    start: textOr(body.start),
    end: textOr(body.end),
    widgets: widgets.map(widget => ({
      ...widget,
      type: String(widget.type),
      properties: widget.properties ?? {},
    })),
  };
}

/** How a widget of a DashboardBody is drawn. */
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

/** A vertical axis of a metric widget. */
export function axisOf(properties: Properties, side: 'left' | 'right'): AxisView {
  const axis =
    (
      properties.yAxis as
        Readonly<Record<string, { label?: unknown; min?: unknown; max?: unknown }>> | undefined
    )?.[side] ?? {};
  return {
    label: textOr(axis.label),
    min: typeof axis.min === 'number' ? axis.min : undefined,
    max: typeof axis.max === 'number' ? axis.max : undefined,
  };
}

interface Annotation {
  readonly value?: number | string;
  readonly label?: string;
  readonly color?: string;
  readonly visible?: boolean;
  readonly yAxis?: string;
}

/** The lines that a metric widget draws beside its data; both ends of a band are two of them. */
export function annotationsOf(properties: Properties): AnnotationView[] {
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

/** The ARNs of the alarms that a widget names. */
export function alarmArns({ type, properties }: BodyWidget): string[] {
  const listed: unknown =
    type === 'alarm'
      ? properties.alarms
      : (properties.annotations as { alarms?: unknown } | undefined)?.alarms;
  return Array.isArray(listed) ? listed.map(String) : [];
}

function objectFrom(text: string): Properties {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) throw new Error('the DashboardBody is no JSON object');
  return value as Properties;
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
