import {
  computed,
  mapPoints,
  partner,
  scalar,
  type Series,
  seriesOf,
  type Single,
  type Value,
} from './values';

/** Time range and period that functions such as FILL need. Times are in epoch milliseconds. */
export interface FunctionScope {
  readonly start: number;
  readonly end: number;
  readonly periodMs: number;
  /**
   * Start of one period, for example midnight in a time zone, in epoch milliseconds. The start times of all
   * other periods are calculated from this time.
   */
  readonly origin: number;
}

/**
 * Argument of a metric math function: a value, a word such as `REPEAT`, or a quoted text such as `'errors'`.
 */
export type Argument = Value | { readonly kind: 'text'; readonly text: string };

/** Words that the function FILL accepts as its second argument, in place of a value. */
const FILL_WORDS = ['REPEAT', 'LINEAR'];

type MathFunction = (args: readonly Argument[], scope: FunctionScope) => Value;

/**
 * Metric math functions, by name. SEARCH and METRICS are not included, because they need the metric store or
 * the other queries.
 */
export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  SUM: aggregate(values => values.reduce((sum, value) => sum + value, 0)),
  AVG: aggregate((values, count) => values.reduce((sum, value) => sum + value, 0) / count),
  MIN: aggregate(values => Math.min(...values)),
  MAX: aggregate(values => Math.max(...values)),
  ABS: pointwise(Math.abs),
  CEIL: pointwise(Math.ceil),
  FLOOR: pointwise(Math.floor),
  LOG: pointwise(Math.log),
  LOG10: pointwise(Math.log10),
  FILL: ([value, filler], scope) => perSeries(value, series => fill(series, filler, scope)),
  IF: ([condition, then, otherwise]) =>
    choose(valueOf(condition), valueOf(then), otherwise && valueOf(otherwise)),
  RATE: ([value]) => perSeries(value, series => mapChanges(series, (change, ms) => change / (ms / 1000))),
  DIFF: ([value]) => perSeries(value, series => mapChanges(series, change => change)),
  DIFF_TIME: ([value]) => perSeries(value, series => mapChanges(series, (_change, ms) => ms / 1000)),
  RUNNING_SUM: ([value]) =>
    perSeries(value, series => {
      let sum = 0;
      return computed(
        series.label,
        [...series.points].map(([time, point]) => [time, (sum += point)] as const),
        series.dimensions,
      );
    }),
  REMOVE_EMPTY: ([value]) => ({
    kind: 'array',
    series: seriesOf(valueOf(value)).filter(series => series.points.size > 0),
  }),
  SORT: ([value, by, order, count]) => {
    const key = { AVG: average, SUM: sumOfPoints, MIN: minimumOf, MAX: maximumOf }[textOf(by)];
    if (!key) throw new Error('SORT must have AVG, MIN, MAX or SUM');
    const sign = textOf(order) === 'DESC' ? -1 : 1;
    const series = seriesOf(valueOf(value));
    // Series without points come last. Their average is NaN, which cannot be compared with other numbers.
    const sorted = [
      ...series.filter(({ points }) => points.size > 0).sort((a, b) => sign * (key(a) - key(b))),
      ...series.filter(({ points }) => points.size === 0),
    ];
    return { kind: 'array', series: count ? sorted.slice(0, numberOf(count)) : sorted };
  },
  SLICE: ([value, from, to]) => ({
    kind: 'array',
    series: seriesOf(valueOf(value)).slice(numberOf(from), to && numberOf(to)),
  }),
  FIRST: ([value]) => seriesOf(valueOf(value))[0] ?? computed('', []),
  LAST: ([value]) => seriesOf(valueOf(value)).at(-1) ?? computed('', []),
  DATAPOINT_COUNT: aggregate(values => values.length),
  METRIC_COUNT: ([value]) => scalar(seriesOf(valueOf(value)).length),
  TIME_SERIES: ([value], scope) =>
    computed(
      '',
      periodStarts(scope).map(time => [time, numberOf(value)] as const),
    ),
  PERIOD: (_args, scope) => scalar(scope.periodMs / 1000),
};

/**
 * Creates a metric math function such as `SUM`. It reduces one series to a number, and an array of series to
 * one series.
 *
 * @param apply calculates the result from `values`. `count` is the number of series in an array, or of points
 * in one series
 */
function aggregate(apply: (values: readonly number[], count: number) => number): MathFunction {
  return ([argument]) => {
    const value = valueOf(argument);
    if (value.kind === 'scalar') return value;
    if (value.kind === 'series') return scalar(apply([...value.points.values()], value.points.size));
    const byTime = new Map<number, number[]>();
    for (const series of value.series) {
      for (const [time, point] of series.points) byTime.set(time, [...(byTime.get(time) ?? []), point]);
    }
    return computed(
      '',
      [...byTime].map(([time, points]) => [time, apply(points, value.series.length)] as const),
    );
  };
}

function pointwise(apply: (value: number) => number): MathFunction {
  return ([argument]) => mapPoints(valueOf(argument), apply);
}

function perSeries(argument: Argument, apply: (series: Series) => Series): Value {
  const value = valueOf(argument);
  if (value.kind === 'array') return { kind: 'array', series: value.series.map(apply) };
  if (value.kind === 'series') return apply(value);
  throw new Error('the function must have a time series as its argument');
}

function fill(series: Series, filler: Argument | undefined, scope: FunctionScope): Series {
  if (filler?.kind !== 'scalar' && filler?.kind !== 'series' && !FILL_WORDS.includes(textOf(filler))) {
    throw new Error('FILL must have a number, a time series, REPEAT or LINEAR');
  }
  const times = [...series.points.keys()];
  const value = (time: number): number => {
    if (filler?.kind === 'scalar') return filler.value;
    if (filler?.kind === 'series') return filler.points.get(time) ?? NaN;
    const before = times.filter(other => other < time).at(-1);
    const after = times.find(other => other > time);
    const at = (other: number | undefined) => (other === undefined ? NaN : (series.points.get(other) ?? NaN));
    if (textOf(filler) === 'REPEAT') return at(before);
    if (before === undefined || after === undefined) return NaN;
    return at(before) + ((at(after) - at(before)) * (time - before)) / (after - before);
  };
  return computed(
    series.label,
    periodStarts(scope).map(time => [time, series.points.get(time) ?? value(time)] as const),
    series.dimensions,
  );
}

function mapChanges(series: Series, apply: (change: number, ms: number) => number): Series {
  const points = [...series.points];
  return computed(
    series.label,
    points
      .slice(1)
      .map(
        ([time, value], index) => [time, apply(value - points[index][1], time - points[index][0])] as const,
      ),
    series.dimensions,
  );
}

function choose(condition: Value, then: Value, otherwise: Value | undefined): Value {
  if (condition.kind === 'scalar') return condition.value !== 0 ? then : (otherwise ?? computed('', []));
  const lengths = [condition, then, otherwise].flatMap(value =>
    value?.kind === 'array' ? [value.series.length] : [],
  );
  const chosen = (index: number) =>
    choosePoints(partner(condition, index), partner(then, index), otherwise && partner(otherwise, index));
  if (lengths.length === 0) return chosen(0);
  return { kind: 'array', series: Array.from({ length: Math.max(...lengths) }, (_, index) => chosen(index)) };
}

/**
 * Evaluates `IF(condition, then, otherwise)` for each point in time, as in the CloudWatch User Guide ("Using
 * IF expressions"). Results for missing points:
 * - `then` is missing: 0.
 * - `otherwise` is missing: no point.
 * - `condition` is missing: `otherwise` if it is a scalar and `then` has a point. In other cases, no point.
 */
function choosePoints(condition: Single, then: Single, otherwise: Single | undefined): Series {
  const deciding = otherwise?.kind === 'scalar' ? [condition, then] : [condition];
  const times = new Set(deciding.flatMap(value => (value.kind === 'series' ? [...value.points.keys()] : [])));
  const at = (value: Single | undefined, time: number) =>
    value?.kind === 'scalar' ? value.value : value?.points.get(time);
  return computed(
    condition.kind === 'series' ? condition.label : '',
    [...times].map(time => {
      const isTrue = (at(condition, time) ?? 0) !== 0;
      return [time, isTrue ? (at(then, time) ?? 0) : (at(otherwise, time) ?? NaN)] as const;
    }),
    condition.kind === 'series' ? condition.dimensions : {},
  );
}

/** Returns the start times of all periods in the range. The first period may start before the range. */
function periodStarts({ start, end, periodMs, origin }: FunctionScope): number[] {
  const first = origin + Math.floor((start - origin) / periodMs) * periodMs;
  return Array.from({ length: Math.ceil((end - first) / periodMs) }, (_, index) => first + index * periodMs);
}

function average(series: Series): number {
  return sumOfPoints(series) / series.points.size;
}

function minimumOf(series: Series): number {
  return Math.min(...series.points.values());
}

function maximumOf(series: Series): number {
  return Math.max(...series.points.values());
}

function sumOfPoints(series: Series): number {
  return [...series.points.values()].reduce((sum, value) => sum + value, 0);
}

function valueOf(argument: Argument | undefined): Value {
  if (argument === undefined || argument.kind === 'text') {
    throw new Error(`the function must have a value, got: ${argument?.text ?? 'nothing'}`);
  }
  return argument;
}

function numberOf(argument: Argument | undefined): number {
  if (argument?.kind !== 'scalar') throw new Error('the function must have a number');
  return argument.value;
}

function textOf(argument: Argument | undefined): string {
  return argument?.kind === 'text' ? argument.text : '';
}
