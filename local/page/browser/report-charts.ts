import type { EChartsCoreOption } from 'echarts';
import type { Chart, HoverPoint } from './chart';
import { PALETTE, PLOT } from './chart-options';
import { FONT_SIZE, type Ink } from './chart-text';
import { formatUsd } from './format';
import type { DailySeriesView, ForecastView, IncidentView, ReportView } from '../views';

const HEIGHT = 280;
const BAR_HEIGHT = 30;
const MAX_NAME_WIDTH = 220;
const NAME_SHARE = 0.38;

/** Returns the color of the series at `index` in a report chart. */
export function seriesColor(index: number): string {
  return PALETTE[index % PALETTE.length];
}

/**
 * Creates a stacked bar chart with one bar for each day. Each segment of a bar is the cost of one series,
 * such as an agent.
 */
export function dailyChart(title: string, { days }: ReportView, series: readonly DailySeriesView[]): Chart {
  return {
    name:
      `Stacked bar chart: ${title}. ` +
      `${series.map(({ name, total }) => `${name}, ${total.text}`).join('; ')}. The values are in the ` +
      'table below.',
    height: HEIGHT,
    trigger: 'axis',
    pointCount: days.length,
    options: (ink, width) => ({
      ...common(ink),
      xAxis: dayAxis(
        days.map(({ day }) => day),
        ink,
        width,
      ),
      yAxis: usdAxis(ink),
      series: series.map(({ name, days: costs }, index) => ({
        type: 'bar',
        name,
        stack: 'day',
        barCategoryGap: '25%',
        itemStyle: { color: seriesColor(index) },
        data: costs.map(({ usd }) => usd),
      })),
    }),
    hover: ([{ dataIndex }]) => ({
      title:
        `${days[dataIndex].day}: ` +
        `${days[dataIndex].cost.text}${days[dataIndex].complete ? '' : ' (incomplete)'}`,
      rows: series
        .map(({ name, days: costs }, index) => ({
          label: name,
          color: seriesColor(index),
          value: costs[dataIndex].text,
          usd: costs[dataIndex].usd,
        }))
        .filter(({ usd, value }) => usd > 0 || value.startsWith('≥'))
        .sort((a, b) => b.usd - a.usd),
    }),
  };
}

/** Creates a bar chart with the cost of each of the most expensive incidents. */
export function incidentsChart(incidents: readonly IncidentView[]): Chart {
  return {
    name:
      'Bar chart: most expensive incidents. ' +
      `${incidents.map(({ name, cost }) => `${name}, ${cost.text}`).join('; ')}. The values are in the ` +
      'table below.',
    height: incidents.length * BAR_HEIGHT + BAR_HEIGHT,
    trigger: 'item',
    pointCount: incidents.length,
    options: (ink, width) => ({
      ...common(ink),
      grid: {
        ...PLOT,
        top: 4,
        right: Math.max(60, 7 * Math.max(...incidents.map(({ cost }) => cost.text.length))),
      },
      xAxis: { ...usdAxis(ink), splitNumber: 3 },
      yAxis: {
        type: 'category',
        inverse: true,
        data: incidents.map(({ name }) => name),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: {
          color: ink.text,
          fontSize: FONT_SIZE,
          width: Math.min(MAX_NAME_WIDTH, width * NAME_SHARE),
          overflow: 'truncate',
          interval: 0,
        },
      },
      series: [
        {
          type: 'bar',
          barMaxWidth: 20,
          itemStyle: { color: PALETTE[0] },
          label: {
            show: true,
            position: 'right',
            color: ink.text,
            fontSize: FONT_SIZE,
            formatter: ({ dataIndex }: { dataIndex: number }) => incidents[dataIndex].cost.text,
          },
          data: incidents.map(({ cost }) => cost.usd),
        },
      ],
    }),
    hover: ([{ dataIndex }]) => {
      const { name, cost, calls } = incidents[dataIndex];
      return {
        title: name,
        rows: [{ label: `${calls.toLocaleString('en-US')} calls`, color: PALETTE[0], value: cost.text }],
      };
    },
  };
}

const [PAST, FUTURE] = [PALETTE[0], PALETTE[1]];

/**
 * Creates a line chart of past and expected daily costs. Two bands show the 80 % and 95 % intervals of the
 * forecast.
 */
export function forecastChart({ history, days }: ForecastView): Chart {
  const labels = [...history.map(({ day }) => day), ...days.map(({ day }) => day)];
  const gap = history.map(() => null);
  // Draws a band as two stacked lines: an invisible line at `low`, and a filled area from `low` to `high`.
  const band = (stack: string, low: readonly number[], high: readonly number[], opacity: number) => [
    { type: 'line', stack, symbol: 'none', silent: true, lineStyle: { opacity: 0 }, data: [...gap, ...low] },
    {
      type: 'line',
      stack,
      symbol: 'none',
      silent: true,
      lineStyle: { opacity: 0 },
      areaStyle: { color: FUTURE, opacity },
      data: [...gap, ...high.map((value, index) => value - low[index])],
    },
  ];
  const line = (color: string, data: readonly (number | null)[]) => ({
    type: 'line',
    symbol: 'none',
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    data,
  });
  return {
    name:
      'Line chart: forecast of daily cost, with 80 % and 95 % intervals. ' +
      `${days.map(({ day, cost }) => `${day}, ${cost.text}`).join('; ')}. The values are in the table ` +
      'below.',
    height: HEIGHT,
    trigger: 'axis',
    pointCount: labels.length,
    options: (ink, width) => ({
      ...common(ink),
      xAxis: dayAxis(labels, ink, width, false),
      yAxis: usdAxis(ink),
      series: [
        // First series of the chart. The arrow keys move through its points. Forecast days therefore have an
        // empty point.
        line(PAST, [...history.map(({ cost }) => cost.usd), ...days.map(() => null)]),
        ...band(
          '95',
          days.map(({ from95 }) => from95.usd),
          days.map(({ to95 }) => to95.usd),
          0.15,
        ),
        ...band(
          '80',
          days.map(({ from80 }) => from80.usd),
          days.map(({ to80 }) => to80.usd),
          0.25,
        ),
        line(FUTURE, [...gap, ...days.map(({ cost }) => cost.usd)]),
      ],
    }),
    hover: (points: readonly HoverPoint[]) => {
      const [{ dataIndex }] = points;
      if (dataIndex < history.length) {
        return {
          title: history[dataIndex].day,
          rows: [{ label: 'Cost', color: PAST, value: history[dataIndex].cost.text }],
        };
      }
      const { day, cost, from80, to80, from95, to95 } = days[dataIndex - history.length];
      return {
        title: day,
        rows: [
          { label: 'Expected', color: FUTURE, value: cost.text },
          { label: '80 % interval', color: FUTURE, value: `${from80.text} to ${to80.text}` },
          { label: '95 % interval', color: FUTURE, value: `${from95.text} to ${to95.text}` },
        ],
      };
    },
  };
}

function common(ink: Ink): EChartsCoreOption {
  return { animation: false, textStyle: { color: ink.text, fontSize: FONT_SIZE }, grid: PLOT };
}

function dayAxis(days: readonly string[], ink: Ink, width: number, boundaryGap = true) {
  const maxLabels = Math.max(2, Math.floor(width / 55));
  return {
    type: 'category',
    boundaryGap,
    data: days,
    axisLine: { lineStyle: { color: ink.line } },
    axisTick: { show: false },
    axisLabel: {
      color: ink.text,
      fontSize: FONT_SIZE,
      interval: Math.max(0, Math.ceil(days.length / maxLabels) - 1),
      formatter: (day: string) => day.slice('2026-'.length),
    },
  };
}

function usdAxis(ink: Ink) {
  return {
    type: 'value',
    min: 0,
    splitNumber: 4,
    axisLabel: { color: ink.text, fontSize: FONT_SIZE, hideOverlap: true, formatter: formatUsd },
    splitLine: { lineStyle: { color: ink.line } },
  };
}
