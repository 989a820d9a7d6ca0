import { drawChart, formatNumber, PALETTE } from './charts';
import { Html, html } from './html';
import { STYLE } from './style';
import { type WidgetKind, widgetKind } from './widget-kind';
import type { MetricStore } from '../cloudwatch/metric-store';
import { evaluateWidget, type WidgetData, widgetRange } from '../cloudwatch/widget';

/** One widget of a DashboardBody. */
interface Widget {
  readonly type: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface PreviewOptions {
  readonly dashboardName: string;
  /** The parsed DashboardBody. */
  readonly body: unknown;
  readonly store: MetricStore;
  /** The end of the dashboard's time range. */
  readonly now: Date;
  /** Where the data comes from, in a few words. */
  readonly generatedFrom: string;
}

/** What was drawn. */
export interface DrawnWidget {
  readonly title: string;
  readonly kind: WidgetKind;
  readonly series: number;
  readonly points: number;
  readonly errors: readonly string[];
}

/** The console's own default range. */
const DEFAULT_RANGE_MS = 3 * 3_600_000;
const COLUMNS = 24;
/** Wide enough for its labels, small enough to be read when a phone scales it down. */
const CHART_WIDTH = 520;
const WIDE_CHART_WIDTH = 900;
const WIDE_FROM_COLUMNS = 18;
const ROW_HEIGHT = 40;

/**
 * Draws a dashboard as one page that needs no script and loads nothing. What cannot be evaluated is shown as such,
 * with the reason, in the place of its widget.
 */
export async function renderDashboardPage(options: PreviewOptions): Promise<{ html: string; widgets: DrawnWidget[] }> {
  const body = options.body as { readonly widgets: readonly Widget[]; readonly start?: string; readonly end?: string };
  const range = widgetRange(body, { start: new Date(options.now.getTime() - DEFAULT_RANGE_MS), end: options.now });
  const drawn = await Promise.all(body.widgets.map((widget, index) => drawWidget(widget, `chart-${index}`, options.store, range)));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${options.dashboardName} (preview)</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<h1>${options.dashboardName}</h1>
<p class="notice">Preview drawn locally from the synthesised DashboardBody: not CloudWatch. Data: ${options.generatedFrom}.</p>
<p>${range.start.toISOString()} to ${range.end.toISOString()} (UTC), unless a widget says otherwise</p>
</header>
<main>
${drawn.map(({ markup }) => markup)}
</main>
</body>
</html>
`;
  return { html: page.text, widgets: drawn.map(({ widget }) => widget) };
}

async function drawWidget(widget: Widget, id: string, store: MetricStore, range: { start: Date; end: Date }): Promise<{ widget: DrawnWidget; markup: Html }> {
  const { properties } = widget;
  const kind = widgetKind(widget);
  const title = typeof properties.title === 'string' ? properties.title : '';
  const data = widget.type === 'metric' ? evaluateWidget(properties, store, range) : { series: [], errors: [] };
  const points = data.series.reduce((sum, series) => sum + series.points.length, 0);
  const columns = widget.width ?? 6;
  const markup = html`<section data-widget-title="${title}" data-kind="${kind}" style="grid-column: ${(widget.x ?? 0) + 1} / span ${Math.min(columns, COLUMNS)}; grid-row: ${(widget.y ?? 0) + 1} / span ${widget.height ?? 6}">
<h2>${title}</h2>
${data.errors.map(error => html`<p class="error" role="alert">Cannot be evaluated here: <code>${error}</code></p>`)}
${await contentOf(widget, kind, data, points, { ...widgetRange(properties, range), id, columns })}
</section>
`;
  return { widget: { title, kind, series: data.series.length, points, errors: data.errors }, markup };
}

async function contentOf(
  widget: Widget, kind: WidgetKind, data: WidgetData, points: number, frame: { start: Date; end: Date; id: string; columns: number },
): Promise<Html> {
  if (kind === 'text') return html`<pre>${String(widget.properties.markdown ?? '')}</pre>`;
  if (kind === 'other') return html`<p class="empty">Widgets of type ${widget.type} are not drawn in the preview.</p>`;
  if (points === 0) return data.errors.length > 0 ? html`` : html`<p class="empty">No data in this range</p>`;
  if (kind === 'singleValue' || kind === 'gauge' || kind === 'table') {
    return html`<dl>${data.series.map(series => html`<div><dt>${series.label}</dt><dd>${latest(series.points)}</dd></div>`)}</dl>`;
  }
  const svg = await drawChart(kind, data.series, {
    ...frame,
    width: frame.columns >= WIDE_FROM_COLUMNS ? WIDE_CHART_WIDTH : CHART_WIDTH,
    height: Math.max(4, (widget.height ?? 6) - 2) * ROW_HEIGHT,
  });
  const label = `${kind} chart of ${data.series.map(series => series.label).join(', ')}`;
  return html`<div class="chart" role="img" aria-label="${label}">${new Html(svg)}</div>
${kind === 'bar' ? '' : legend(data)}`;
}

function legend({ series }: WidgetData): Html {
  return html`<ul class="legend">${series.map((one, index) =>
    html`<li><span style="background: ${PALETTE[index % PALETTE.length]}"></span>${one.label}</li>`)}</ul>`;
}

function latest(points: WidgetData['series'][number]['points']): string {
  const last = points[points.length - 1];
  return last === undefined ? '–' : formatNumber(last.value);
}
