import { type Chart, chartContainer, type Hover, type HoverPoint } from './chart';
import { barsHeight, type ChartData, chartOptions, colorsOf, totalOf } from './chart-options';
import { type Child, element, swatch } from './dom';
import { formatNumber, formatTime, formatValue } from './format';
import { legendRows } from './legend-rows';
import { markdown } from './markdown';
import { table, type Values, valuesTable } from './values-table';
import type { SeriesView, WidgetView } from '../views';

/** Number of columns in the grid that positions the widgets, as in CloudWatch. */
const COLUMNS = 24;
/** Height of one row of the dashboard grid, in pixels. */
const ROW_HEIGHT = 50;
const MIN_CHART_ROWS = 3;
/** Minimum height of a sparkline, in pixels. */
const SPARKLINE_HEIGHT = 40;

const KIND_NAMES: Readonly<Record<string, string>> = {
  line: 'Line chart',
  stackedArea: 'Stacked area chart',
  bar: 'Bar chart',
  pie: 'Pie chart',
  gauge: 'Gauge',
  singleValue: 'Sparkline',
};

/** Creates the box (card) that shows a widget: its title, its content, errors and notes. */
export function widgetCard(widget: WidgetView): HTMLElement {
  const card = element(
    'section',
    { 'class': 'card', 'data-title': widget.title, 'data-kind': widget.kind },
    widget.title === '' ? undefined : element('h2', {}, widget.title),
    ...widget.errors.map(error =>
      element(
        'p',
        { class: 'error', role: 'alert' },
        'Cannot be evaluated here: ',
        element('code', {}, error),
      ),
    ),
    ...content(widget),
    ...widget.notes.map(note => element('p', { class: 'note' }, note)),
  );
  const width = Math.min(widget.width, COLUMNS);
  card.style.gridColumn = widget.x === undefined ? `span ${width}` : `${widget.x + 1} / span ${width}`;
  if (widget.y !== undefined) card.style.gridRow = `${widget.y + 1} / span ${widget.height}`;
  return card;
}

function content(widget: WidgetView): Child[] {
  const series = widget.series.filter(({ points }) => points.length > 0);
  switch (widget.kind) {
    case 'text':
      return [markdown(widget.markdown ?? '')];
    case 'alarms':
      return [alarms(widget)];
    case 'other':
      return [element('p', { class: 'empty' }, `Widgets of type ${widget.type} are not drawn here.`)];
    default:
  }
  if (series.length === 0) {
    return widget.errors.length > 0 ? [] : [element('p', { class: 'empty' }, 'No data in this range')];
  }
  const shown = { ...widget, series };
  switch (widget.kind) {
    case 'singleValue':
      return [numbers(shown), ...(widget.sparkline ? [valuesTable(() => toValues(shown))] : [])];
    case 'table':
      return [table(summary(series))];
    default:
      return [
        chartContainer(toChart(shown)),
        ...(hasLegend(widget.kind) ? [legend(shown)] : []),
        valuesTable(() => toValues(shown)),
      ];
  }
}

/** Creates the numbers of a widget, each with its label, and with a sparkline if the widget has them. */
function numbers(widget: WidgetView): HTMLElement {
  const { series, sparkline } = widget;
  const colors = colorsOf(series);
  return element(
    'dl',
    { class: sparkline ? 'numbers has-sparklines' : 'numbers' },
    ...series.map((one, index) =>
      element(
        'div',
        {},
        element('dt', {}, one.label),
        element('dd', {}, latest(one)),
        sparkline
          ? element(
              'dd',
              { class: 'sparkline' },
              chartContainer(toChart({ ...widget, series: [{ ...one, color: colors[index] }] })),
            )
          : undefined,
      ),
    ),
  );
}

function hasLegend(kind: WidgetView['kind']): boolean {
  return kind !== 'bar' && kind !== 'gauge';
}

function toChart(widget: WidgetView): Chart {
  const { kind, series } = widget;
  const colors = colorsOf(series);
  const data = (width: number): ChartData => ({
    ...widget,
    start: Date.parse(widget.start),
    end: Date.parse(widget.end),
    width,
  });
  const isOverTime = kind !== 'bar' && kind !== 'pie' && kind !== 'gauge';
  return {
    name:
      `${KIND_NAMES[kind]}: ${widget.title}. ${series.length} series: ` +
      `${series.map(({ label }) => label).join(', ')}. The values are in the table below.`,
    height: heightOf(widget),
    options: (ink, width) => chartOptions(data(width), ink),
    trigger: isOverTime ? 'axis' : 'item',
    pointCount: isOverTime ? series[0].points.length : series.length,
    hover: points =>
      isOverTime ? hoverOverTime(points, series, colors) : hoverOfOne(points[0], widget, colors),
  };
}

/** Returns the minimum height of a chart. Leaves one grid row for the title, and one for a legend. */
function heightOf({ kind, height, series }: WidgetView): Chart['height'] {
  const ofWidget = Math.max(MIN_CHART_ROWS, height - (hasLegend(kind) ? 2 : 1)) * ROW_HEIGHT;
  if (kind === 'singleValue') return SPARKLINE_HEIGHT;
  return kind === 'bar' ? width => Math.max(ofWidget, barsHeight(series, width)) : ofWidget;
}

function hoverOverTime(
  points: readonly HoverPoint[],
  series: readonly SeriesView[],
  colors: readonly string[],
): Hover {
  const shown = points.map(({ seriesIndex, dataIndex }) => ({
    label: series[seriesIndex].label,
    color: colors[seriesIndex],
    point: series[seriesIndex].points[dataIndex],
  }));
  return {
    title: `${formatTime(shown[0].point[0])} UTC`,
    rows: shown
      .sort((a, b) => b.point[1] - a.point[1])
      .map(({ label, color, point }) => ({ label, color, value: formatValue(point[1], label) })),
  };
}

function hoverOfOne(
  { seriesIndex, dataIndex }: HoverPoint,
  { kind, series, title }: WidgetView,
  colors: readonly string[],
): Hover {
  const index = kind === 'gauge' ? seriesIndex : dataIndex;
  const value =
    kind === 'gauge' ? latest(series[index]) : formatValue(totalOf(series[index]), series[index].label);
  return { title, rows: [{ label: series[index].label, color: colors[index], value }] };
}

function legend({ series, annotations }: WidgetView): HTMLElement {
  return element(
    'ul',
    { class: 'legend' },
    ...legendRows(series, annotations).map(({ color, text, isLine }) =>
      element('li', {}, swatch(color, isLine ? 'line' : 'square'), text),
    ),
  );
}

function alarms({ alarms: listed }: WidgetView): HTMLElement {
  return element(
    'ul',
    { class: 'alarms' },
    ...listed.map(({ name, state, reason }) =>
      element(
        'li',
        {},
        element(
          'span',
          { class: `state ${state === 'ALARM' ? 'is-alarm' : state === 'OK' ? 'is-ok' : ''}` },
          state ?? 'state unknown',
        ),
        ' ',
        name,
        reason === undefined ? undefined : element('p', { class: 'note' }, reason),
      ),
    ),
  );
}

/**
 * Returns the values of a chart as a table. For a line or stacked area chart, each row is a time. For other
 * charts, each row is a series.
 */
function toValues({ kind, series }: WidgetView): Values {
  if (kind === 'bar' || kind === 'pie' || kind === 'gauge') {
    return {
      head: ['Series', 'Value'],
      rows: series.map(one => [one.label, kind === 'gauge' ? latest(one) : formatNumber(totalOf(one))]),
    };
  }
  const columns = series.map(({ points }) => new Map(points));
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort(
    (a, b) => a - b,
  );
  return {
    head: ['Time, UTC', ...series.map(({ label }) => label)],
    rows: times.map(time => [
      formatTime(time),
      ...columns.map(column => {
        const value = column.get(time);
        return value === undefined ? '' : formatNumber(value);
      }),
    ]),
  };
}

function summary(series: readonly SeriesView[]): Values {
  return {
    head: ['Series', 'Latest', 'Lowest', 'Average', 'Highest'],
    rows: series.map(one => {
      const values = one.points.map(([, value]) => value);
      return [
        one.label,
        latest(one),
        ...[Math.min(...values), totalOf(one) / values.length, Math.max(...values)].map(formatNumber),
      ];
    }),
  };
}

function latest({ label, points }: SeriesView): string {
  const last = points.at(-1);
  return last === undefined ? '–' : formatValue(last[1], label);
}
