import { drawChart } from './charts';
import { STYLE } from './style';
import type { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget, widgetRange } from '../emulators/cloudwatch/widget';
import { colorsOf } from '../page/browser/chart-options';
import { formatNumber } from '../page/browser/format';
import { type BodyWidget, type DashboardBody, widgetKind } from '../page/dashboard-body';
import { Html, html } from '../page/html';
import type { SeriesView, WidgetKind } from '../page/views';

export interface PreviewOptions {
  readonly dashboardName: string;
  readonly body: DashboardBody;
  readonly store: MetricStore;
  /** Default end of the dashboard's time range. */
  readonly now: Date;
  /** Origin of the data, as the header of the page shows it. */
  readonly generatedFrom: string;
}

/** Summary of a widget on the preview page. `series` and `points` are numbers of series and points. */
export interface DrawnWidget {
  readonly title: string;
  readonly kind: WidgetKind;
  readonly series: number;
  readonly points: number;
  readonly errors: readonly string[];
}

/** Length of the time range if the dashboard sets none, in milliseconds: three hours, as in CloudWatch. */
const DEFAULT_RANGE_MS = 3 * 3_600_000;
const COLUMNS = 24;
/**
 * Width of a chart in pixels. It is wide enough for axis labels, and still readable if a phone scales the
 * chart down.
 */
const CHART_WIDTH = 520;
const WIDE_CHART_WIDTH = 900;
const WIDE_FROM_COLUMNS = 18;
const ROW_HEIGHT = 40;

/**
 * Draws a dashboard as a single HTML page without scripts or other files. If a widget cannot be evaluated,
 * the page shows the reason.
 */
export async function renderDashboardPage(
  options: PreviewOptions,
): Promise<{ html: string; widgets: DrawnWidget[] }> {
  const { body } = options;
  const range = widgetRange(
    { ...body },
    { start: new Date(options.now.getTime() - DEFAULT_RANGE_MS), end: options.now },
  );
  const drawn = await Promise.all(
    body.widgets.map((widget, index) => drawWidget(widget, `chart-${index}`, options.store, range)),
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>${options.dashboardName} (preview)</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${options.dashboardName}</h1>
          <p class="notice">
            Preview drawn locally from the synthesised DashboardBody, not by CloudWatch. Data:
            ${options.generatedFrom}.
          </p>
          <p>
            ${range.start.toISOString()} to ${range.end.toISOString()} (UTC), unless a widget sets its own
            time range
          </p>
        </header>
        <main>${drawn.map(({ markup }) => markup)}</main>
      </body>
    </html> `;
  return { html: page.text, widgets: drawn.map(({ widget }) => widget) };
}

async function drawWidget(
  widget: BodyWidget,
  id: string,
  store: MetricStore,
  range: { start: Date; end: Date },
): Promise<{ widget: DrawnWidget; markup: Html }> {
  const { properties } = widget;
  const kind = widgetKind(widget);
  const title = typeof properties.title === 'string' ? properties.title : '';
  const data =
    widget.type === 'metric' ? evaluateWidget(properties, store, range) : { series: [], errors: [] };
  const series = data.series.map(({ points: those, ...one }): SeriesView => ({
    ...one,
    points: those.map(({ time, value }) => [time.getTime(), value] as const),
  }));
  const points = series.reduce((sum, one) => sum + one.points.length, 0);
  const columns = widget.width ?? 6;
  const markup = html`<section
    data-widget-title="${title}"
    data-kind="${kind}"
    style="grid-column: ${(widget.x ?? 0) + 1} / span ${Math.min(columns, COLUMNS)}; grid-row: ${(widget.y ?? 0) + 1} / span ${widget.height ?? 6}"
  >
    <h2>${title}</h2>
    ${data.errors.map(error => html`<p class="error" role="alert">Cannot be evaluated here: <code>${error}</code></p>`)}
    ${await contentOf(widget, kind, series, data.errors.length > 0, { ...widgetRange(properties, range), id, columns })}
  </section> `;
  return { widget: { title, kind, series: series.length, points, errors: data.errors }, markup };
}

async function contentOf(
  widget: BodyWidget,
  kind: WidgetKind,
  series: readonly SeriesView[],
  failed: boolean,
  frame: { start: Date; end: Date; id: string; columns: number },
): Promise<Html> {
  if (kind === 'text') return html`<pre>${String(widget.properties.markdown ?? '')}</pre>`;
  if (kind === 'other' || kind === 'alarms') {
    return html`<p class="empty">Widgets of type ${widget.type} are not drawn in the preview.</p>`;
  }
  if (series.every(({ points }) => points.length === 0)) {
    return failed ? html`` : html`<p class="empty">No data in this range</p>`;
  }
  if (kind === 'singleValue' || kind === 'gauge' || kind === 'table') {
    return html`<dl>
      ${series.map(
        ({ label, points }) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${latest(points)}</dd>
          </div>`,
      )}
    </dl>`;
  }
  const svg = await drawChart(kind, series, {
    ...frame,
    width: frame.columns >= WIDE_FROM_COLUMNS ? WIDE_CHART_WIDTH : CHART_WIDTH,
    height: Math.max(4, (widget.height ?? 6) - 2) * ROW_HEIGHT,
  });
  const label = `${kind} chart of ${series.map(one => one.label).join(', ')}`;
  return html`<div class="chart" role="img" aria-label="${label}">${new Html(svg)}</div>
    ${kind === 'bar' ? '' : legend(series)}`;
}

function legend(series: readonly SeriesView[]): Html {
  const colors = colorsOf(series);
  return html`<ul class="legend">
    ${series.map(({ label }, index) => html`<li><span style="background: ${colors[index]}"></span>${label}</li>`)}
  </ul>`;
}

function latest(points: SeriesView['points']): string {
  const last = points.at(-1);
  return last === undefined ? '–' : formatNumber(last[1]);
}
