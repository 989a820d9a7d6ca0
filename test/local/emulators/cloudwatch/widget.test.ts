import { MetricStore } from '../../../../local/emulators/cloudwatch/metrics/metric-store';
import { evaluateWidget } from '../../../../local/emulators/cloudwatch/widget';

const START = new Date('2026-11-21T00:00:00Z');
const END = new Date('2026-11-21T01:00:00Z');
const NS = 'OPX/Analytics';

function storeWith(
  ...data: [name: string, dimensions: Record<string, string>, minute: number, value: number][]
): MetricStore {
  const store = new MetricStore();
  for (const [name, dimensions, minute, value] of data) {
    store.putDatum({
      namespace: NS,
      name,
      dimensions,
      timestamp: new Date(START.getTime() + minute * 60_000),
      values: [value],
    });
  }
  return store;
}

const PAIR = { AgentId: 'triage', Model: 'nova' };
const OTHER_PAIR = { AgentId: 'report', Model: 'nova' };
const store = storeWith(
  ['Cost', {}, 1, 3],
  ['Cost', {}, 6, 5],
  ['Cost', {}, 31, 8],
  ['Calls', {}, 1, 2],
  ['Calls', {}, 6, 1],
  ['Cost', PAIR, 1, 1],
  ['Cost', PAIR, 6, 5],
  ['Cost', OTHER_PAIR, 1, 2],
  ['Cost', { AgentId: 'triage' }, 1, 99],
  ['Tokens', PAIR, 1, 7],
);

function shown(metrics: unknown[][], properties: Record<string, unknown> = {}) {
  const { series, errors } = evaluateWidget({ metrics, period: 300, stat: 'Sum', ...properties }, store, {
    start: START,
    end: END,
  });
  return {
    series: series.map(({ label, points }) => [
      label,
      points.map(point => [(point.time.getTime() - START.getTime()) / 60_000, point.value]),
    ]),
    errors,
  };
}

describe('evaluateWidget', () => {
  test('reads metrics with their own statistic, period and label, and with fields repeated from above', () => {
    const { series, errors } = shown([
      [NS, 'Cost', { label: 'Total' }],
      ['.', 'Calls', { stat: 'SampleCount', period: 3600 }],
      [NS, 'Cost', 'AgentId', 'triage', 'Model', 'nova'],
      ['...', 'report', '.', '.', { label: "${PROP('Dim.AgentId')} costs" }],
    ]);

    expect(errors).toEqual([]);
    expect(series).toEqual([
      [
        'Total',
        [
          [0, 3],
          [5, 5],
          [30, 8],
        ],
      ],
      ['Calls', [[0, 2]]],
      [
        'Cost',
        [
          [0, 1],
          [5, 5],
        ],
      ],
      ['report costs', [[0, 2]]],
    ]);
  });

  test('returns a series for each metric with exactly the dimensions of the search schema', () => {
    const { series } = shown([
      [
        {
          expression: `SEARCH('{"${NS}",AgentId,Model} MetricName="Cost"', 'Sum', 300)`,
          label: '',
          id: 'e1',
        },
      ],
    ]);

    expect(series.map(([label]) => label)).toEqual([' report nova', ' triage nova']);
  });

  test.each([
    ['MetricName=("Cost" OR "Tokens") AgentId="triage"', ['Cost triage nova', 'Tokens triage nova']],
    ['MetricName="Cost" AND AgentId=report', ['report nova']],
    ['MetricName="None"', []],
    ['MetricName="Cost" "AgentId" "nova"', ['report nova', 'triage nova']],
    ['MetricName="Cost" "report"', ['report nova']],
    ['MetricName="Cost" AND "nowhere"', []],
  ])('finds metrics with the search terms %s', (terms, labels) => {
    const { series, errors } = shown([
      [{ expression: `SEARCH('{"${NS}",AgentId,Model} ${terms}', 'Sum', 300)` }],
    ]);

    expect(errors).toEqual([]);
    expect(series.map(([label]) => label)).toEqual(labels);
  });

  test.each([
    [
      'cost / calls',
      [
        [0, 1.5],
        [5, 5],
      ],
    ],
    [
      'cost + 1',
      [
        [0, 4],
        [5, 6],
        [30, 9],
      ],
    ],
    [
      '-cost ^ 2 * 2',
      [
        [0, 18],
        [5, 50],
        [30, 128],
      ],
    ],
    [
      'SUM(METRICS())',
      [
        [0, 5],
        [5, 6],
        [30, 8],
      ],
    ],
    [
      'SUM([cost, calls])',
      [
        [0, 5],
        [5, 6],
        [30, 8],
      ],
    ],
    [
      'MAX(METRICS("cost"))',
      [
        [0, 3],
        [5, 5],
        [30, 8],
      ],
    ],
    [
      'IF(cost > 4, cost, 0)',
      [
        [0, 0],
        [5, 5],
        [30, 8],
      ],
    ],
    ['IF(cost > 4 AND calls >= 1, cost)', [[5, 5]]],
    [
      'RUNNING_SUM(cost)',
      [
        [0, 3],
        [5, 8],
        [30, 16],
      ],
    ],
    [
      'DIFF(cost)',
      [
        [5, 2],
        [30, 3],
      ],
    ],
    [
      'RATE(cost)',
      [
        [5, 2 / 300],
        [30, 3 / 1500],
      ],
    ],
    [
      'cost * 1000 / 1000 - cost',
      [
        [0, 0],
        [5, 0],
        [30, 0],
      ],
    ],
    [
      'cost / SUM(cost)',
      [
        [0, 3 / 16],
        [5, 5 / 16],
        [30, 0.5],
      ],
    ],
  ])('evaluates %s in a widget', (expression, points) => {
    const { series, errors } = shown([
      [NS, 'Cost', { id: 'cost', visible: false }],
      [NS, 'Calls', { id: 'calls', visible: false }],
      [{ expression, label: 'result', id: 'e1' }],
    ]);

    expect(errors).toEqual([]);
    expect(series).toEqual([['result', points]]);
  });

  test('FILL fills gaps in the entire range of the widget', () => {
    const { series } = shown([
      [NS, 'Cost', { id: 'cost', visible: false }],
      [{ expression: 'FILL(cost, 0)', label: 'filled' }],
    ]);

    expect(series[0][1]).toHaveLength(12);
    expect((series[0][1] as number[][]).reduce((sum, [, value]) => sum + value, 0)).toBe(16);
  });

  test('draws a Metrics Insights query with the label of each group, and a color only for a single series', () => {
    const query = `SELECT SUM(Cost) FROM SCHEMA("${NS}", AgentId, Model)`;
    const evaluate = (expression: string) =>
      evaluateWidget({ metrics: [[{ expression, color: '#010203' }]] }, store, { start: START, end: END });

    const { series, errors } = evaluate(`${query} GROUP BY AgentId ORDER BY SUM() DESC`);

    expect(errors).toEqual([]);
    expect(series.map(({ label, color }) => [label, color])).toEqual([
      ['triage', undefined],
      ['report', undefined],
    ]);
    expect(evaluate(query).series[0].color).toBe('#010203');
  });

  test('refuses a widget with two Metrics Insights queries once, even if one is hidden', () => {
    const expression = `SELECT SUM(Cost) FROM SCHEMA("${NS}")`;

    const { series, errors } = shown([
      [NS, 'Cost'],
      [{ expression, id: 'q1' }],
      [{ expression, id: 'q2', visible: false }],
    ]);

    expect(series).toEqual([]);
    expect(errors).toEqual([
      `a request or a widget must have at most one Metrics Insights query, got: 2: ${expression}`,
    ]);
  });

  test('says that a Metrics Insights query reads only two weeks of a longer range', () => {
    const properties = (metric: unknown[]) => ({ metrics: [metric], start: '-P30D', period: 3600 });
    const range = { start: START, end: END };

    const query = evaluateWidget(properties([{ expression: `SELECT SUM(Cost) FROM "${NS}"` }]), store, range);

    expect(query.notes).toEqual([
      'Metrics Insights reads two weeks: the series of the query begin at 2026-11-07 01:00 UTC.',
    ]);
    expect(evaluateWidget(properties([NS, 'Cost']), store, range).notes).toBeUndefined();
  });

  test('uses one period for the entire range if setPeriodToTimeRange is true', () => {
    const { series } = shown([[NS, 'Cost']], { setPeriodToTimeRange: true, start: '-PT45M' });

    expect(series).toEqual([['Cost', [[15, 8]]]]);
  });

  test.each([
    ['SELECT P90(Cost) FROM SCHEMA("x")', 'Metrics Insights'],
    ['ANOMALY_DETECTION_BAND(cost, 2)', 'ANOMALY_DETECTION_BAND'],
    ['cost +', 'cannot be parsed'],
    ['nothing / cost', 'nothing'],
    ['e1 + 1', 'refers to itself'],
    ["SEARCH('Cost', 'Sum', 300)", 'schema'],
    ['SEARCH(\'{"x",A} NOT B="c"\', \'Sum\', 300)', 'the search has an unsupported term'],
    ['constructor(cost)', 'constructor is not supported'],
  ])('reports why %s cannot be evaluated, and still returns the other metrics', (expression, reason) => {
    const { series, errors } = shown([[NS, 'Cost', { id: 'cost' }], [{ expression, id: 'e1' }]]);

    expect(series).toHaveLength(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(reason);
    expect(errors[0]).toContain(expression);
  });
});
