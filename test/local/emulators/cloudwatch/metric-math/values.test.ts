import {
  combine,
  computed,
  mapPoints,
  scalar,
  type Series,
  seriesOf,
  UnsupportedExpression,
  type Value,
} from '../../../../../local/emulators/cloudwatch/metric-math/values';

const A = computed(
  'a',
  [
    [0, 10],
    [60, 20],
  ],
  { AgentId: 'triage' },
);
const B = computed(
  'b',
  [
    [60, 4],
    [120, 5],
  ],
  { AgentId: 'report' },
);
const array = (...series: Series[]): Value => ({ kind: 'array', series });
const minus = (a: number, b: number) => a - b;

const pointsOf = (value: Value) => seriesOf(value).map(({ points }) => Object.fromEntries(points));
const namesOf = (value: Value) => seriesOf(value).map(({ label, dimensions }) => [label, dimensions.AgentId]);

test('sorts computed points by time and drops points that are not finite', () => {
  const series = computed('x', [
    [120, 3],
    [0, 1],
    [60, NaN],
    [180, Infinity],
    [240, -Infinity],
  ]);

  expect([...series.points]).toEqual([
    [0, 1],
    [120, 3],
  ]);
  expect([series.label, series.dimensions]).toEqual(['x', {}]);
});

test('returns no series of a scalar, one of a series and all of an array', () => {
  expect(seriesOf(scalar(1))).toEqual([]);
  expect(seriesOf(A)).toEqual([A]);
  expect(seriesOf(array(A, B))).toEqual([A, B]);
});

test('applies a function to each point and keeps labels and dimensions', () => {
  const inverse = (value: number) => 1 / (value - 10);

  expect(mapPoints(scalar(12), inverse)).toEqual(scalar(0.5));
  expect(pointsOf(mapPoints(A, inverse))).toEqual([{ 60: 0.1 }]);
  expect(pointsOf(mapPoints(array(B, A), value => value * 2))).toEqual([
    { 60: 8, 120: 10 },
    { 0: 20, 60: 40 },
  ]);
  expect(namesOf(mapPoints(array(B, A), Math.abs))).toEqual([
    ['b', 'report'],
    ['a', 'triage'],
  ]);
});

test('combines two scalars to a scalar', () => {
  expect(combine(scalar(5), scalar(3), minus)).toEqual(scalar(2));
});

test('combines two series point by point, with 0 for a missing point', () => {
  const joined = combine(A, B, minus);

  expect(joined.kind).toBe('series');
  expect(pointsOf(joined)).toEqual([{ 0: 10, 60: 16, 120: -5 }]);
  expect(namesOf(joined)).toEqual([['a', 'triage']]);
});

test('combines a scalar on either side with each point, and keeps the label of the series', () => {
  expect(pointsOf(combine(A, scalar(1), minus))).toEqual([{ 0: 9, 60: 19 }]);
  expect(pointsOf(combine(scalar(1), A, minus))).toEqual([{ 0: -9, 60: -19 }]);
  expect(namesOf(combine(scalar(1), A, minus))).toEqual([['a', 'triage']]);
});

test('combines an array series by series with a scalar, a series or another array', () => {
  expect(pointsOf(combine(array(A, B), scalar(1), minus))).toEqual([
    { 0: 9, 60: 19 },
    { 60: 3, 120: 4 },
  ]);
  expect(pointsOf(combine(scalar(1), array(A, B), minus))).toEqual([
    { 0: -9, 60: -19 },
    { 60: -3, 120: -4 },
  ]);
  expect(pointsOf(combine(array(B, A), A, minus))).toEqual([
    { 0: -10, 60: -16, 120: 5 },
    { 0: 0, 60: 0 },
  ]);
  expect(pointsOf(combine(array(A, B), array(B, A), minus))).toEqual([
    { 0: 10, 60: 16, 120: -5 },
    { 0: -10, 60: -16, 120: 5 },
  ]);
});

test('combines a series without a partner in the other array with an empty one', () => {
  expect(pointsOf(combine(array(A, B), array(A), minus))).toEqual([
    { 0: 0, 60: 0 },
    { 60: 4, 120: 5 },
  ]);
});

test('the error of an unsupported expression contains the reason, then the expression', () => {
  const error = new UnsupportedExpression('STDDEV(m1)', 'STDDEV is not supported');

  expect(error.message).toBe('STDDEV is not supported: STDDEV(m1)');
  expect([error.name, error.expression]).toEqual(['UnsupportedExpression', 'STDDEV(m1)']);
});
