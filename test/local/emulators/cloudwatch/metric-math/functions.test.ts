import { evaluateQuery, type Query } from '../../../../../local/emulators/cloudwatch/metric-math/evaluate';
import {
  type Series,
  seriesOf,
  UnsupportedExpression,
} from '../../../../../local/emulators/cloudwatch/metric-math/values';
import { MetricStore } from '../../../../../local/emulators/cloudwatch/metrics/metric-store';

// Tests functions of metric math expressions. The expected values follow from the CloudWatch User Guide,
// "Using math expressions with CloudWatch metrics".
const PERIOD_SECONDS = 300;
const PERIOD_MS = PERIOD_SECONDS * 1000;
const START = new Date('2026-11-21T00:00:00.000Z');
const NAMESPACE = 'OPX/Analytics';

/** Values of a metric, one for each period of five minutes. `null` stands for a period without a value. */
type Values = readonly (number | null)[];
type Metrics = Readonly<Record<string, Values>>;

/** Evaluates a metric math expression over the given metrics. The first period of each metric is at START. */
function evaluate(expression: string, metrics: Metrics): number | Values | Values[] {
  const store = new MetricStore();
  for (const [id, values] of Object.entries(metrics)) {
    values.forEach((value, index) => {
      if (value === null) return;
      const timestamp = new Date(START.getTime() + index * PERIOD_MS);
      store.putDatum({ namespace: NAMESPACE, name: id, dimensions: {}, timestamp, values: [value] });
    });
  }
  const periods = Math.max(...Object.values(metrics).map(values => values.length));
  const queries: Query[] = Object.keys(metrics).map(id => ({
    id,
    metric: { namespace: NAMESPACE, name: id, dimensions: {}, statistic: 'Sum' },
    periodSeconds: PERIOD_SECONDS,
  }));
  const value = evaluateQuery({ expression, periodSeconds: PERIOD_SECONDS }, queries, store, {
    start: START,
    end: new Date(START.getTime() + periods * PERIOD_MS),
  });
  const valuesOf = ({ points }: Series): Values => {
    const times = Array.from({ length: periods }, (_, index) => START.getTime() + index * PERIOD_MS);
    // Fails if a point is not at the start of a period, because `valuesOf` would leave it out.
    expect([...points.keys()].every(time => times.includes(time))).toBe(true);
    return times.map(time => points.get(time) ?? null);
  };
  if (value.kind === 'scalar') return value.value;
  return value.kind === 'series' ? valuesOf(value) : value.series.map(valuesOf);
}

const SPARSE: Metrics = { m1: [1, null, 6], m2: [3, 5, null] };

test.each([
  ['SUM(m1)', 7],
  ['AVG(m1)', 3.5],
  ['MIN(m1)', 1],
  ['MAX(m1)', 6],
  ['DATAPOINT_COUNT(m1)', 2],
  ['METRIC_COUNT(METRICS())', 2],
  ['METRIC_COUNT([m1])', 1],
  ['PERIOD(m1)', 300],
  ['SUM(3)', 3],
])('%s of one time series is the scalar %p', (expression, expected) => {
  expect(evaluate(expression, SPARSE)).toBe(expected);
});

test.each([
  ['SUM(METRICS())', [4, 5, 6]],
  ['MIN([m1, m2])', [1, 5, 6]],
  ['MAX([m1, m2])', [3, 5, 6]],
  ['DATAPOINT_COUNT([m1, m2])', [2, 1, 1]],
])('%s of an array of time series is one time series', (expression, expected) => {
  expect(evaluate(expression, SPARSE)).toEqual(expected);
});

test('AVG of an array of time series counts a missing value as 0', () => {
  expect(evaluate('AVG(METRICS())', SPARSE)).toEqual([2, 2.5, 3]);
});

test.each([
  ['ABS(m1)', [1.5, 2.5, null]],
  ['CEIL(m1)', [-1, 3, null]],
  ['FLOOR(m1)', [-2, 2, null]],
  ['-m1', [1.5, -2.5, null]],
  ['m1 + 1', [-0.5, 3.5, null]],
])('%s applies to each data point', (expression, expected) => {
  expect(evaluate(expression, { m1: [-1.5, 2.5, null] })).toEqual(expected);
});

test('ABS of an array is an array, in which each time series keeps its own points', () => {
  expect(evaluate('ABS([m1, m2])', { m1: [-1, null], m2: [2, -3] })).toEqual([
    [1, null],
    [2, 3],
  ]);
});

test('LOG is the natural logarithm, LOG10 is the decimal logarithm, and both drop data points of 0', () => {
  const metrics = { m1: [0, 1, 10, 100] };

  expect(evaluate('LOG10(m1)', metrics)).toEqual([null, 0, 1, 2]);
  expect(evaluate('LOG(m1)', metrics)).toEqual([null, 0, expect.closeTo(2.302585, 6), expect.anything()]);
});

test('drops the data point of a division by 0', () => {
  expect(evaluate('m1 / m2', { m1: [6, 6, 6], m2: [3, 0, null] })).toEqual([2, null, null]);
});

test.each([
  ['m1 < m2', [0, 0, 1, 0]],
  ['m1 >= 30', [1, 0, 0, 0]],
  ['m1 > 15 AND m2 > 15', [1, 0, 0, 0]],
  ['m1 > 15 && m2 > 15', [1, 0, 0, 0]],
  ['m1 > 15 OR m2 > 15', [1, 1, 1, 0]],
  ['m1 > 15 || m2 > 15', [1, 1, 1, 0]],
  ['m1 == 20', [0, 1, 0, 0]],
  ['m1 != 20', [1, 0, 1, 1]],
  ['m1 <= 20', [0, 1, 1, 1]],
])('evaluates the comparison %s as in the User Guide', (expression, expected) => {
  expect(evaluate(expression, { m1: [30, 20, 0, 0], m2: [20, null, 20, null] })).toEqual(expected);
});

describe('FILL', () => {
  const GAPS: Metrics = { m1: [null, 2, null, null, 8, null], m2: [7, 7, null, 9, 9, 9] };

  test.each([
    ['FILL(m1, 10)', [10, 2, 10, 10, 8, 10]],
    ['FILL(m1, MIN(m1))', [2, 2, 2, 2, 8, 2]],
    ['FILL(m1, REPEAT)', [null, 2, 2, 2, 8, 8]],
    ['FILL(m1, LINEAR)', [null, 2, 4, 6, 8, null]],
    ['FILL(m1, m2)', [7, 2, null, 9, 8, 9]],
  ])('%s fills missing values', (expression, expected) => {
    expect(evaluate(expression, GAPS)).toEqual(expected);
  });

  test('FILL fills each time series of an array', () => {
    expect(evaluate('FILL(METRICS(), 0)', { m1: [null, 1], m2: [2, null] })).toEqual([
      [0, 1],
      [2, 0],
    ]);
  });

  test.each(['FILL(m1)', 'FILL(m1, LINEER)', 'FILL(m1, [m2])'])('%s lists the valid fillers', text => {
    expect(() => evaluate(text, GAPS)).toThrow(
      new UnsupportedExpression(text, 'FILL must have a number, a time series, REPEAT or LINEAR'),
    );
  });
});

describe('ranges that begin within a period', () => {
  const at = (time: string) => new Date(`2026-11-21T${time}Z`);
  const store = new MetricStore();
  const metric = { namespace: NAMESPACE, name: 'Cost', dimensions: {}, statistic: 'Sum' };
  const queries: Query[] = [{ id: 'm1', metric, periodSeconds: PERIOD_SECONDS }];
  store.putDatum({ ...metric, timestamp: at('00:03:00'), values: [5] });
  store.putDatum({ ...metric, timestamp: at('00:11:00'), values: [7] });

  const points = (expression: string, alignTo?: Date) => {
    const range = { start: at('00:02:00'), end: at('00:14:00'), alignTo };
    return seriesOf(
      evaluateQuery({ expression, periodSeconds: PERIOD_SECONDS }, queries, store, range),
    ).flatMap(series =>
      [...series.points].map(([time, value]) => [new Date(time).toISOString().slice(11, 19), value]),
    );
  };

  test.each([
    ['FILL(m1, 0)', ['00:00:00', 5], ['00:05:00', 0], ['00:10:00', 7]],
    ['FILL(m1, REPEAT)', ['00:00:00', 5], ['00:05:00', 5], ['00:10:00', 7]],
    ['TIME_SERIES(3)', ['00:00:00', 3], ['00:05:00', 3], ['00:10:00', 3]],
  ])('%s uses the periods of the metric if the range begins within a period', (expression, ...expected) => {
    expect(points(expression)).toEqual(expected);
  });

  test.each([
    ['FILL(m1, 0)', ['00:02:00', 5], ['00:07:00', 7], ['00:12:00', 0]],
    ['TIME_SERIES(3)', ['00:02:00', 3], ['00:07:00', 3], ['00:12:00', 3]],
  ])(
    '%s uses periods that begin with the range if a period is longer than a day',
    (expression, ...expected) => {
      expect(points(expression, at('00:02:00'))).toEqual(expected);
    },
  );
});

describe('IF', () => {
  const OF_GUIDE: Metrics = {
    m1: [1, 1, 0, 0, null],
    m2: [30, null, 0, 0, 30],
    m3: [0, 0, 20, null, 20],
  };

  test.each([
    ['IF(m1, m2, m3)', [30, 0, 20, null, null]],
    ['IF(m1, 5, m3)', [5, 5, 20, null, null]],
    ['IF(m1, m2, 5)', [30, 0, 5, 5, 5]],
    ['IF(m1, m2)', [30, 0, null, null, null]],
    ['IF(m1, 10, 2)', [10, 10, 2, 2, null]],
    ['IF(1, m2, m3)', [30, null, 0, 0, 30]],
    ['IF(0, m2, m3)', [0, 0, 20, null, 20]],
    ['IF(0, m2)', [null, null, null, null, null]],
    ['IF(-1, m2, m3)', [30, null, 0, 0, 30]],
    ['IF(m2 > 15, m2)', [30, null, null, null, 30]],
  ])('%s returns the time series in the User Guide', (expression, expected) => {
    expect(evaluate(expression, OF_GUIDE)).toEqual(expected);
  });

  test('IF returns one time series, so SUM of it is a scalar', () => {
    expect(evaluate('SUM(IF(m2 > 15, m2))', OF_GUIDE)).toBe(60);
    expect(evaluate('m1 / SUM(IF(m2 > 15, m2))', { ...OF_GUIDE, m1: [30, 60, null] })).toEqual([
      0.5,
      1,
      null,
      null,
      null,
    ]);
  });

  test('IF chooses separately for each time series of an array', () => {
    const metrics = { m1: [1, 0], m2: [5, 6], m3: [7, 8] };

    expect(evaluate('IF(m1, [m2, m3], 0)', metrics)).toEqual([
      [5, 0],
      [7, 0],
    ]);
    expect(evaluate('IF(m1, 1, [m2, m3])', metrics)).toEqual([
      [1, 6],
      [1, 8],
    ]);
    expect(evaluate('IF([m2, m3] > 6, 1, 0)', metrics)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('functions of the previous data point', () => {
  const STEPS: Metrics = { m1: [100, 400, null, 100] };

  test.each([
    ['DIFF(m1)', [null, 300, null, -300]],
    ['DIFF_TIME(m1)', [null, 300, null, 600]],
    ['RATE(m1)', [null, 1, null, -0.5]],
    ['RUNNING_SUM(m1)', [100, 500, null, 600]],
  ])('evaluates %s', (expression, expected) => {
    expect(evaluate(expression, STEPS)).toEqual(expected);
  });

  test('RATE of an array is an array of rates', () => {
    expect(evaluate('RATE(METRICS())', { m1: [0, 300], m2: [600, 0] })).toEqual([
      [null, 1],
      [null, -2],
    ]);
  });

  test.each(['DIFF(3)', 'RATE(SUM(m1))', 'FILL(3, 0)'])(
    'refuses %s, because the function must have a time series',
    text => {
      expect(() => evaluate(text, STEPS)).toThrow(
        new UnsupportedExpression(text, 'the function must have a time series as its argument'),
      );
    },
  );
});

test('TIME_SERIES returns a series with the same value in every period of the range', () => {
  expect(evaluate('TIME_SERIES(4)', { m1: [null, 1, null] })).toEqual([4, 4, 4]);
  expect(evaluate('m1 / TIME_SERIES(SUM(m1))', { m1: [1, null, 3] })).toEqual([0.25, 0, 0.75]);
});

describe('an array of time series', () => {
  const LOW: Values = [2, 2, 2];
  const HIGH: Values = [9, null, null];
  const WIDE: Values = [1, 1, 7];
  const THREE: Metrics = { m1: LOW, m2: HIGH, m3: WIDE };

  test.each([
    // LOW, HIGH and WIDE have the averages 2, 9, 3; the sums 6, 9, 9; the minimums 2, 9, 1; and the
    // maximums 2, 9, 7.
    ['SORT(METRICS(), AVG, ASC)', [LOW, WIDE, HIGH]],
    ['SORT(METRICS(), AVG, DESC)', [HIGH, WIDE, LOW]],
    ['SORT(METRICS(), AVG, DESC, 1)', [HIGH]],
    ['SORT([m1, m2], SUM, DESC)', [HIGH, LOW]],
    ['SORT(METRICS(), MIN, ASC)', [WIDE, LOW, HIGH]],
    ['SORT(METRICS(), MAX, DESC, 2)', [HIGH, WIDE]],
    ['SLICE(METRICS(), 0, 2)', [LOW, HIGH]],
    ['SLICE(METRICS(), 1, 2)', [HIGH]],
    ['SLICE(METRICS(), 2, 9)', [WIDE]],
    ['SLICE(SORT(METRICS(), AVG, DESC), 0, 2)', [HIGH, WIDE]],
  ])('evaluates %s', (expression, expected) => {
    expect(evaluate(expression, THREE)).toEqual(expected);
  });

  test('SLICE with one index returns all time series from that index on', () => {
    expect(evaluate('SLICE(SORT(METRICS(), AVG, ASC), 1)', THREE)).toEqual([WIDE, HIGH]);
    expect(evaluate('SLICE(METRICS(), 3)', THREE)).toEqual([]);
  });

  test('FIRST and LAST return one time series, or an empty one if the array is empty', () => {
    expect(evaluate('FIRST(METRICS())', THREE)).toEqual(LOW);
    expect(evaluate('LAST(METRICS())', THREE)).toEqual(WIDE);
    expect(evaluate('IF(FIRST(SORT(METRICS(), AVG, DESC)) > 5, 1, 0)', THREE)).toEqual([1, null, null]);
    expect(evaluate('FIRST(SLICE(METRICS(), 3))', THREE)).toEqual([null, null, null]);
    expect(evaluate('LAST(SLICE(METRICS(), 3))', THREE)).toEqual([null, null, null]);
  });

  test('REMOVE_EMPTY keeps the time series with data points', () => {
    expect(evaluate('REMOVE_EMPTY(METRICS())', { m1: LOW, m2: [null, null, null], m3: WIDE })).toEqual([
      LOW,
      WIDE,
    ]);
  });

  test.each(['AVG', 'MIN', 'MAX', 'SUM'])('SORT by %s puts time series without data points last', by => {
    const metrics = { m1: [3, 3], m2: [null, null], m3: [1, 1], m4: [null, null], m5: [2, 2] };
    const empty = [null, null];

    expect(evaluate(`SORT(METRICS(), ${by}, ASC)`, metrics)).toEqual([
      metrics.m3,
      metrics.m5,
      metrics.m1,
      empty,
      empty,
    ]);
  });

  test.each([
    ['SORT(METRICS(), MEDIAN, ASC)', 'SORT must have AVG, MIN, MAX or SUM'],
    ['SORT(METRICS())', 'SORT must have AVG, MIN, MAX or SUM'],
    ['SLICE(METRICS())', 'the function must have a number'],
    ['SLICE(METRICS(), m1)', 'the function must have a number'],
    ['SUM()', 'the function must have a value, got: nothing'],
    ["SUM('m1')", 'the function must have a value, got: m1'],
    ['ABS(m9)', 'the function must have a value, got: m9'],
    ['TIME_SERIES(m1)', 'the function must have a number'],
    ['TIME_SERIES()', 'the function must have a number'],
  ])('refuses %s with the reason: %s', (text, reason) => {
    expect(() => evaluate(text, THREE)).toThrow(new UnsupportedExpression(text, reason));
  });
});
