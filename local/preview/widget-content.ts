import { drawChart } from './charts';
import { barsHeight, colorsOf } from '../page/browser/chart-options';
import { formatValue } from '../page/browser/format';
import { legendRows } from '../page/browser/legend-rows';
import { type MarkdownPart, parseMarkdown } from '../page/browser/markdown-blocks';
import { type BodyWidget, hasSparkline, readAnnotations, readAxis, widgetKind } from '../page/dashboard-body';
import { Html, html } from '../page/html';
import type { SeriesView } from '../page/views';

/** Evaluated series of a widget, with its time range. */
export interface WidgetContent {
  /** Prefix of all ids in the widget's charts. */
  readonly id: string;
  readonly series: readonly SeriesView[];
  /** True if a metric of the widget could not be evaluated. The page then shows the error. */
  readonly failed: boolean;
  readonly start: Date;
  readonly end: Date;
}

/**
 * Width of a chart in pixels. It is wide enough for axis labels, and still readable if a phone scales the
 * chart down.
 */
const CHART_WIDTH = 520;
const WIDE_CHART_WIDTH = 900;
const WIDE_FROM_COLUMNS = 18;
const ROW_HEIGHT = 40;
const [SPARKLINE_WIDTH, SPARKLINE_HEIGHT] = [240, 60];

/** Returns the content of a widget on the preview page: a chart with its legend, numbers or a text. */
export async function widgetContent(widget: BodyWidget, content: WidgetContent): Promise<Html> {
  const kind = widgetKind(widget);
  const { series, failed } = content;
  if (kind === 'text') return markdown(String(widget.properties.markdown ?? ''));
  if (kind === 'other' || kind === 'alarms') {
    return html`<p class="empty">Widgets of type ${widget.type} are not drawn in the preview.</p>`;
  }
  const shown = series.filter(({ points }) => points.length > 0);
  if (shown.length === 0) return failed ? html`` : html`<p class="empty">No data in this range</p>`;
  if (kind === 'singleValue' || kind === 'gauge' || kind === 'table') {
    return numbers(shown, content, hasSparkline(widget.properties));
  }
  return chart(widget, shown, content);
}

async function chart(
  widget: BodyWidget,
  series: readonly SeriesView[],
  { id, start, end }: WidgetContent,
): Promise<Html> {
  const kind = widgetKind(widget);
  const annotations = readAnnotations(widget.properties);
  const width = (widget.width ?? 0) >= WIDE_FROM_COLUMNS ? WIDE_CHART_WIDTH : CHART_WIDTH;
  const height = Math.max(4, (widget.height ?? 6) - 2) * ROW_HEIGHT;
  const svg = await drawChart(
    {
      kind,
      series,
      annotations,
      left: readAxis(widget.properties, 'left'),
      right: readAxis(widget.properties, 'right'),
      start: start.getTime(),
      end: end.getTime(),
    },
    { id, width, height: kind === 'bar' ? Math.max(height, barsHeight(series, width)) : height },
  );
  const label = `${kind} chart of ${series.map(one => one.label).join(', ')}`;
  return html`<div class="chart" role="img" aria-label="${label}">${new Html(svg)}</div>
    ${
      kind === 'bar'
        ? ''
        : html`<ul class="legend">
            ${legendRows(series, annotations).map(
              ({ color, text, isLine }) =>
                html`<li>
                  <span class="${isLine ? 'is-line' : ''}" style="background: ${color}"></span>${text}
                </li>`,
            )}
          </ul>`
    }`;
}

async function numbers(
  series: readonly SeriesView[],
  { id, start, end }: WidgetContent,
  hasSparklines: boolean,
): Promise<Html> {
  const colors = colorsOf(series);
  const frame = { width: SPARKLINE_WIDTH, height: SPARKLINE_HEIGHT };
  const range = { start: start.getTime(), end: end.getTime() };
  const entries = await Promise.all(
    series.map(async (one, index) => {
      const colored = { ...one, color: colors[index] };
      const svg = hasSparklines
        ? await drawChart(
            { kind: 'singleValue', series: [colored], ...range },
            { id: `${id}-${index}`, ...frame },
          )
        : undefined;
      return html`<div>
        <dt>${one.label}</dt>
        <dd>${latest(one)}</dd>
        ${svg === undefined ? '' : html`<dd class="sparkline" aria-hidden="true">${new Html(svg)}</dd>`}
      </div>`;
    }),
  );
  return html`<dl>${entries}</dl>`;
}

function markdown(text: string): Html {
  return html`${parseMarkdown(text).map(({ kind, lines }) => {
    const [first = []] = lines;
    switch (kind) {
      case 'list':
        return html`<ul>
          ${lines.map(line => html`<li>${line.map(part)}</li>`)}
        </ul>`;
      case 'code':
        return html`<pre>${first.map(part)}</pre>`;
      case 'heading':
      case 'subheading':
        return html`<h3>${first.map(part)}</h3>`;
      case 'paragraph':
        return html`<p>${first.map(part)}</p>`;
    }
  })}`;
}

function part({ kind, text }: MarkdownPart): Html {
  if (kind === 'bold') return html`<strong>${text}</strong>`;
  return kind === 'code' ? html`<code>${text}</code>` : html`${text}`;
}

function latest({ label, points }: SeriesView): string {
  const last = points.at(-1);
  return last === undefined ? '–' : formatValue(last[1], label);
}
