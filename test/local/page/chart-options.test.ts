import { type ChartData, chartOptions } from '../../../local/page/browser/chart-options';

const INK = { text: '#000', line: '#ccc' };
const SERIES = {
  label: 'Cost',
  yAxis: 'left',
  points: [
    [0, 1],
    [1, 3],
  ],
} as const;

function optionsOf(data: Partial<ChartData>) {
  return chartOptions(
    { kind: 'line', series: [SERIES], start: 0, end: 1, width: 600, ...data },
    INK,
  ) as unknown as {
    readonly series: readonly {
      readonly markLine: { readonly data: readonly { readonly label: { readonly show: boolean } }[] };
    }[];
    readonly xAxis: { readonly name?: string };
    readonly yAxis: readonly { readonly min?: number; readonly max?: number; readonly interval?: number }[];
  };
}

test.each([
  ['far below', 1, true],
  ['just below', 2.8, false],
])('a line %s a higher line has its label in the chart: %d', (_where, value, show) => {
  const { series } = optionsOf({
    annotations: [
      { label: 'Daily', yAxis: 'left', value: 3 },
      { label: 'Monthly', yAxis: 'left', value },
    ],
  });

  expect(series[0].markLine.data.map(({ label }) => label.show)).toEqual([true, show]);
});

describe('axes of a chart', () => {
  test.each([
    [4.16666666667, 6, 2],
    [0.01, 0.015, 0.005],
    [100, 150, 50],
    [7, 8, 2],
  ])('end at a label above a line at %d', (value, max, interval) => {
    const points = [[0, value / 2]] as const;
    const { yAxis } = optionsOf({
      series: [{ ...SERIES, points }],
      annotations: [{ label: 'Limit', yAxis: 'left', value }],
      left: { min: 0 },
    });

    expect(yAxis[0]).toMatchObject({ min: 0, max, interval });
  });

  test('have labels at equal distances up to the maximum of the dashboard', () => {
    expect(optionsOf({ left: { min: 0, max: 100 } }).yAxis[0]).toMatchObject({ max: 100, interval: 25 });
  });

  test('name the unit of bars', () => {
    expect(optionsOf({ kind: 'bar', left: { label: 'USD' } }).xAxis.name).toBe('USD');
  });
});
