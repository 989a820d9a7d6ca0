import type { EChartsCoreOption } from 'echarts';
import type { WidgetKind } from './widget-kind';
import type { WidgetSeries } from '../cloudwatch/widget';

/** Colours that can be told apart on light and on dark ground, in the order in which series take them. */
export const PALETTE = [
  '#3b82f6', '#f97316', '#10b981', '#a855f7', '#ef4444', '#14b8a6', '#eab308', '#ec4899', '#6366f1', '#84cc16', '#06b6d4', '#f43f5e',
  '#8b5cf6', '#22c55e', '#d97706', '#0ea5e9',
];

export interface ChartFrame {
  /** Tells the parts of this chart from those of others on the page. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly start: Date;
  readonly end: Date;
}

/** Text and lines take the page's own colour, so that they can be read on light and on dark ground. */
const INK = 'currentColor';
const FAINT = 'rgba(128,128,128,0.25)';
const FONT_SIZE = 11;
const DAY_MS = 86_400_000;

/** Draws a chart as SVG text; nothing of it runs in the page. */
export async function drawChart(kind: WidgetKind, series: readonly WidgetSeries[], frame: ChartFrame): Promise<string> {
  // The chart library is large: it is loaded when a page is drawn, and not before.
  const echarts = await import('echarts');
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: frame.width, height: frame.height });
  try {
    chart.setOption({ animation: false, useUTC: true, color: PALETTE, textStyle: { color: INK, fontSize: FONT_SIZE }, ...optionsOf(kind, series, frame) });
    return withoutInteraction(chart.renderToSVGString(), frame.id);
  } finally {
    chart.dispose();
  }
}

/** Leaves out what only answers a pointer, and names the parts after the chart, so that the same data gives the same text. */
function withoutInteraction(svg: string, id: string): string {
  return svg
    .replaceAll(/<style ?>.*?<\/style>/gs, '')
    .replaceAll(/ (?:class="zr[^"]*"|pointer-events="[^"]*")/g, '')
    .replaceAll(/\bzr\d+-/g, `${id}-`);
}

/** What a series shows where it has one number: the sum of its points. */
export function totalOf(series: WidgetSeries): number {
  return series.points.reduce((sum, point) => sum + point.value, 0);
}

/** A number with at most four significant digits, thousands marked. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

function optionsOf(kind: WidgetKind, series: readonly WidgetSeries[], frame: ChartFrame): EChartsCoreOption {
  switch (kind) {
    case 'bar': return barOptions(series);
    case 'pie': return { series: [{ type: 'pie', radius: ['45%', '80%'], label: { color: INK }, data: series.map(one => ({ name: one.label, value: totalOf(one) })) }] };
    default: return timeOptions(series, frame, kind === 'stackedArea');
  }
}

function timeOptions(series: readonly WidgetSeries[], { start, end }: ChartFrame, stacked: boolean): EChartsCoreOption {
  const twoAxes = series.some(one => one.yAxis === 'right');
  return {
    grid: { left: 8, right: 14, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: 'time',
      min: start.getTime(),
      max: end.getTime(),
      splitNumber: 4,
      axisLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: INK, hideOverlap: true, showMaxLabel: false, formatter: end.getTime() - start.getTime() > 2 * DAY_MS ? '{MM}-{dd}' : '{HH}:{mm}' },
    },
    yAxis: (twoAxes ? ['left', 'right'] : ['left']).map(position => ({
      type: 'value',
      position,
      splitNumber: 4,
      axisLabel: { color: INK, formatter: formatNumber },
      splitLine: { lineStyle: { color: FAINT } },
    })),
    series: series.map(one => ({
      type: 'line',
      name: one.label,
      yAxisIndex: one.yAxis === 'right' ? 1 : 0,
      // A lone point would not be seen without its symbol.
      showSymbol: one.points.length < 3,
      symbolSize: 5,
      lineStyle: { width: 1.5 },
      ...(stacked ? { stack: 'all', areaStyle: { opacity: 0.5 } } : {}),
      data: one.points.map(point => [point.time.getTime(), point.value]),
    })),
  };
}

function barOptions(series: readonly WidgetSeries[]): EChartsCoreOption {
  return {
    grid: { left: 8, right: 60, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: 'value', splitNumber: 4, axisLabel: { color: INK, formatter: formatNumber }, splitLine: { lineStyle: { color: FAINT } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: series.map(one => one.label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: INK, width: 190, overflow: 'truncate' },
    },
    series: [{
      type: 'bar',
      barMaxWidth: 22,
      label: { show: true, position: 'right', color: INK, formatter: ({ value }: { value: number }) => formatNumber(value) },
      data: series.map((one, index) => ({ value: totalOf(one), itemStyle: { color: PALETTE[index % PALETTE.length] } })),
    }],
  };
}
