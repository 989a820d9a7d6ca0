import { STYLE } from './style';
import { widgetContent } from './widget-content';
import type { MetricStore } from '../emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget, widgetRange } from '../emulators/cloudwatch/widget';
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
    widget.type === 'metric'
      ? evaluateWidget(properties, store, range)
      : { series: [], errors: [], notes: [] };
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
    ${title === '' ? '' : html`<h2>${title}</h2>`}
    ${data.errors.map(error => html`<p class="error" role="alert">Cannot be evaluated here: <code>${error}</code></p>`)}
    ${await widgetContent(widget, { id, series, failed: data.errors.length > 0, ...widgetRange(properties, range) })}
    ${(data.notes ?? []).map(note => html`<p class="note">${note}</p>`)}
  </section> `;
  return { widget: { title, kind, series: series.length, points, errors: data.errors }, markup };
}
