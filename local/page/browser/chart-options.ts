import type { EChartsCoreOption } from 'echarts';
import { annotationColors, highestValue, markLine } from './annotation-lines';
import { CHARACTER_WIDTH, FONT_SIZE, type Ink } from './chart-text';
import { formatAxis, formatValue, timeAxisFormat } from './format';
import type { AnnotationView, AxisView, SeriesView, WidgetKind } from '../views';

/**
 * Colors of the series in a chart: the first series has the first color. They are distinguishable on light
 * and on dark backgrounds.
 */
export const PALETTE = [
  '#3b82f6',
  '#f97316',
  '#10b981',
  '#a855f7',
  '#ef4444',
  '#14b8a6',
  '#eab308',
  '#ec4899',
  '#6366f1',
  '#84cc16',
  '#06b6d4',
  '#f43f5e',
  '#8b5cf6',
  '#22c55e',
  '#d97706',
  '#0ea5e9',
];

/** Fields of a widget that are needed to draw its chart. */
export interface ChartData {
  readonly kind: WidgetKind;
  readonly series: readonly SeriesView[];
  readonly annotations?: readonly AnnotationView[];
  readonly left?: AxisView;
  readonly right?: AxisView;
  /** Start of the time axis, in epoch milliseconds. */
  readonly start: number;
  /** End of the time axis, in epoch milliseconds. */
  readonly end: number;
  /** Width of the chart in pixels. */
  readonly width: number;
}

const FONT_FAMILY = 'Arial, sans-serif';
/** Maximum width of the bar names, as a fraction of the chart width. A longer name has several lines. */
const NAME_SHARE = 0.42;
const MAX_NAME_WIDTH = 300;
const LINE_HEIGHT = 14;
/** Minimum height of a bar with its gap, in pixels. */
const MIN_BAR_ROW = 22;
/** Height of the number axis below the bars, in pixels. */
const BAR_AXIS_HEIGHT = 30;
/**
 * Minimum number of points of a line without symbols. A line with one or two points has a symbol at each
 * point, so that the points are visible.
 */
const MIN_POINTS_WITHOUT_SYMBOL = 3;
const PIXELS_PER_TICK = 130;
/** Number of parts into which the labels of a number axis divide it. */
const AXIS_PARTS = 4;

/** Margins around the plot in pixels. Axis labels are kept inside the chart. */
export const PLOT = {
  outerBoundsMode: 'same',
  outerBoundsContain: 'all',
  left: 8,
  right: 14,
  top: 14,
  bottom: 6,
} as const;

/** Adds up the values of a series. Bar and pie charts show this sum. */
export function totalOf({ points }: Pick<SeriesView, 'points'>): number {
  return points.reduce((sum, [, value]) => sum + value, 0);
}

/** Returns the color of each series, in order: its own color, or the next color of the palette. */
export function colorsOf(series: readonly Pick<SeriesView, 'color'>[]): string[] {
  return series.map(({ color }, index) => color ?? PALETTE[index % PALETTE.length]);
}

/**
 * Creates the options with which the chart library draws a widget. Options of the tooltip are not included.
 */
export function chartOptions(data: ChartData, ink: Ink): EChartsCoreOption {
  const common = {
    animation: false,
    useUTC: true,
    color: colorsOf(data.series),
    textStyle: { color: ink.text, fontSize: FONT_SIZE, fontFamily: FONT_FAMILY },
  };
  switch (data.kind) {
    case 'singleValue':
      return { ...common, ...sparklineOptions(data) };
    case 'bar':
      return { ...common, ...barOptions(data, ink) };
    case 'pie':
      return { ...common, ...pieOptions(data, ink) };
    case 'gauge':
      return { ...common, ...gaugeOptions(data, ink) };
    default:
      return { ...common, ...timeOptions(data, ink) };
  }
}

function timeOptions(
  { kind, series, annotations = [], left = {}, right = {}, start, end, width }: ChartData,
  ink: Ink,
): EChartsCoreOption {
  const twoAxes = series.some(one => one.yAxis === 'right');
  const stacked = kind === 'stackedArea';
  const sides = twoAxes ? (['left', 'right'] as const) : (['left'] as const);
  const axisOf = { left, right };
  const colors = annotationColors(annotations);
  const lines = (side: 'left' | 'right') =>
    markLine(
      annotations
        .map((line, index) => ({ ...line, color: colors[index] }))
        .filter(({ yAxis }) => yAxis === side),
      ink,
      width,
      highestValue(series, annotations, side),
    );
  return {
    grid: PLOT,
    xAxis: {
      type: 'time',
      min: start,
      max: end,
      splitNumber: Math.max(2, Math.min(6, Math.round(width / PIXELS_PER_TICK))),
      axisLine: { lineStyle: { color: ink.line } },
      axisTick: { lineStyle: { color: ink.line } },
      axisLabel: {
        color: ink.text,
        fontSize: FONT_SIZE,
        margin: 10,
        hideOverlap: true,
        showMaxLabel: false,
        formatter: timeAxisFormat(start, end),
      },
    },
    yAxis: sides.map((side, index) => ({
      ...axisScale(axisOf[side], axisMaximum(series, annotations, side, stacked)),
      type: 'value',
      position: side,
      name: axisOf[side].label,
      nameGap: 10,
      nameTextStyle: { color: ink.text, fontSize: FONT_SIZE, align: side },
      axisLabel: { color: ink.text, fontSize: FONT_SIZE, formatter: formatAxis },
      splitLine: { show: index === 0, lineStyle: { color: ink.line } },
    })),
    series: series.map((one, index) => ({
      type: 'line',
      name: one.label,
      yAxisIndex: one.yAxis === 'right' && twoAxes ? 1 : 0,
      showSymbol: one.points.length < MIN_POINTS_WITHOUT_SYMBOL,
      symbolSize: 5,
      lineStyle: { width: 1.5 },
      ...(stacked ? { stack: one.yAxis, areaStyle: { opacity: 0.5 } } : {}),
      ...(index === series.findIndex(({ yAxis }) => yAxis === one.yAxis)
        ? { markLine: lines(one.yAxis) }
        : {}),
      data: one.points,
    })),
  };
}

/**
 * Returns the limits of an axis, and the interval of its labels. With both limits, the interval divides the
 * axis into four parts. Otherwise, the chart library chooses it.
 *
 * @param needed maximum that the axis needs for its annotation lines. A maximum in the dashboard replaces it
 */
function axisScale({ min, max }: AxisView, needed: number | undefined) {
  const low = min ?? (needed === undefined ? undefined : 0);
  if (max === undefined && needed !== undefined && low === 0) {
    const interval = roundUp(needed / AXIS_PARTS);
    return { min, max: Number((interval * Math.ceil(needed / interval)).toPrecision(12)), interval };
  }
  const high = max ?? needed;
  const interval = low === undefined || high === undefined ? undefined : (high - low) / AXIS_PARTS;
  return { min, max: high, splitNumber: AXIS_PARTS, ...(interval === undefined ? {} : { interval }) };
}

/** Returns the lowest 1, 2, 2.5 or 5 × a power of ten that is at least `value`. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5].find(step => step * power >= value) ?? 10);
}

/**
 * Returns the maximum of an axis, or undefined if the chart library can choose it. If an annotation line is
 * above all data, the maximum is about 10 % above the line. If the chart is stacked, returns undefined.
 */
function axisMaximum(
  series: readonly SeriesView[],
  annotations: readonly AnnotationView[],
  side: 'left' | 'right',
  stacked: boolean,
): number | undefined {
  if (stacked) return undefined;
  const lines = annotations.flatMap(({ yAxis, value }) =>
    yAxis === side && value !== undefined ? [value] : [],
  );
  if (lines.length === 0) return undefined;
  const line = Math.max(...lines);
  return line === highestValue(series, annotations, side) && line > 0
    ? Number((line * 1.1).toPrecision(2))
    : undefined;
}

/** Creates the options of a line without axes, which shows how a number has changed. */
function sparklineOptions({ series, start, end }: ChartData): EChartsCoreOption {
  return {
    grid: { left: 1, right: 1, top: 3, bottom: 1 },
    xAxis: { type: 'time', min: start, max: end, show: false },
    yAxis: { type: 'value', show: false },
    series: series.map(({ label, points }) => ({
      type: 'line',
      name: label,
      showSymbol: points.length < MIN_POINTS_WITHOUT_SYMBOL,
      symbolSize: 4,
      lineStyle: { width: 1.5 },
      areaStyle: { opacity: 0.15 },
      data: points,
    })),
  };
}

/** Returns the width of the bar names in pixels, for a chart of this width. */
function nameWidth(series: readonly Pick<SeriesView, 'label'>[], width: number): number {
  const longest = series.reduce((most, { label }) => Math.max(most, label.length), 0);
  return Math.min(longest * CHARACTER_WIDTH, MAX_NAME_WIDTH, width * NAME_SHARE);
}

/**
 * Returns the height in pixels that a bar chart of this width needs for all its bars and the lines of their
 * names.
 */
export function barsHeight(series: readonly Pick<SeriesView, 'label'>[], width: number): number {
  const perLine = Math.max(1, Math.floor(nameWidth(series, width) / CHARACTER_WIDTH));
  const lines = series.reduce((most, { label }) => Math.max(most, Math.ceil(label.length / perLine)), 1);
  return series.length * Math.max(MIN_BAR_ROW, lines * LINE_HEIGHT + 6) + BAR_AXIS_HEIGHT;
}

function barOptions({ series, left = {}, width }: ChartData, ink: Ink): EChartsCoreOption {
  const colors = colorsOf(series);
  return {
    grid: { ...PLOT, top: 4, right: 64 },
    xAxis: {
      type: 'value',
      name: left.label,
      nameGap: 8,
      nameTextStyle: { color: ink.text, fontSize: FONT_SIZE, verticalAlign: 'top' },
      splitNumber: 3,
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.text, fontSize: FONT_SIZE, hideOverlap: true, formatter: formatAxis },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: series.map(one => one.label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        color: ink.text,
        fontSize: FONT_SIZE,
        lineHeight: LINE_HEIGHT,
        width: nameWidth(series, width),
        overflow: 'breakAll',
        interval: 0,
      },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 22,
        label: {
          show: true,
          position: 'right',
          color: ink.text,
          fontSize: FONT_SIZE,
          formatter: ({ value, dataIndex }: { value: number; dataIndex: number }) =>
            formatValue(value, series[dataIndex].label),
        },
        data: series.map((one, index) => ({ value: totalOf(one), itemStyle: { color: colors[index] } })),
      },
    ],
  };
}

function pieOptions({ series }: ChartData, ink: Ink): EChartsCoreOption {
  return {
    series: [
      {
        type: 'pie',
        radius: ['45%', '78%'],
        minShowLabelAngle: 12,
        label: { color: ink.text, fontSize: FONT_SIZE, formatter: '{d}%' },
        labelLine: { length: 6, length2: 6 },
        itemStyle: { borderWidth: 0 },
        data: series.map(one => ({ name: one.label, value: totalOf(one) })),
      },
    ],
  };
}

function gaugeOptions({ series, left = {}, width }: ChartData, ink: Ink): EChartsCoreOption {
  const [min, max] = [left.min ?? 0, left.max ?? 100];
  const share = 100 / Math.max(1, series.length);
  return {
    series: series.map((one, index) => ({
      type: 'gauge',
      min,
      max,
      splitNumber: 1,
      center: [`${share * (index + 0.5)}%`, '58%'],
      radius: `${Math.min(90, 150 / Math.max(1, series.length))}%`,
      progress: { show: true, width: 12 },
      pointer: { show: false },
      axisLine: { lineStyle: { width: 12, color: [[1, ink.line]] } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { color: ink.text, fontSize: FONT_SIZE, distance: -2, formatter: formatAxis },
      title: {
        color: ink.text,
        fontSize: FONT_SIZE,
        offsetCenter: [0, '88%'],
        width: (width * share) / 110,
        overflow: 'breakAll',
      },
      detail: {
        color: ink.text,
        fontSize: 20,
        offsetCenter: [0, '20%'],
        formatter: (value: number) => formatValue(value, one.label),
      },
      data: [{ name: one.label, value: one.points.at(-1)?.[1] ?? 0 }],
    })),
  };
}
