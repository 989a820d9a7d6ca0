import { combine, computed, mapPoints, scalar, type Series, seriesOf, type Value } from './values';

/** What a function knows beside its arguments. */
export interface FunctionScope {
  readonly start: number;
  readonly end: number;
  readonly periodMs: number;
}

/** An argument: a value, or a word or text such as `REPEAT` or `'errors'`. */
export type Argument = Value | { readonly kind: 'text'; readonly text: string };

type MathFunction = (args: readonly Argument[], scope: FunctionScope) => Value;

/**
 * The metric math functions that are evaluated here; SEARCH
 * and METRICS are the evaluator's, as they read the store.
 */
export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  SUM: aggregate(values => values.reduce((sum, value) => sum + value, 0)),
  AVG: aggregate(values => values.reduce((sum, value) => sum + value, 0) / values.length),
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
  RATE: ([value]) => perSeries(value, series => steps(series, (change, ms) => change / (ms / 1000))),
  DIFF: ([value]) => perSeries(value, series => steps(series, change => change)),
  DIFF_TIME: ([value]) => perSeries(value, series => steps(series, (_change, ms) => ms / 1000)),
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
    const key = { AVG: average, SUM: sumOfPoints, MIN: leastOf, MAX: greatestOf }[textOf(by)];
    if (!key) throw new Error('SORT takes AVG, MIN, MAX or SUM');
    const sign = textOf(order) === 'DESC' ? -1 : 1;
    const sorted = [...seriesOf(valueOf(value))].sort((a, b) => sign * (key(a) - key(b)));
    return { kind: 'array', series: count ? sorted.slice(0, numberOf(count)) : sorted };
  },
  SLICE: ([value, from, to]) => {
    const sliced = seriesOf(valueOf(value)).slice(numberOf(from), to ? numberOf(to) : numberOf(from) + 1);
    return to ? { kind: 'array', series: sliced } : (sliced[0] ?? computed('', []));
  },
  FIRST: ([value]) => seriesOf(valueOf(value))[0] ?? computed('', []),
  LAST: ([value]) => seriesOf(valueOf(value)).at(-1) ?? computed('', []),
  DATAPOINT_COUNT: aggregate(values => values.length),
  METRIC_COUNT: ([value]) => scalar(seriesOf(valueOf(value)).length),
  TIME_SERIES: ([value], scope) =>
    computed(
      '',
      gridOf(scope).map(time => [time, numberOf(value)] as const),
    ),
  PERIOD: (_args, scope) => scalar(scope.periodMs / 1000),
};

/** Of an array: over the series, point by point. Of a series: one scalar over its points. */
function aggregate(apply: (values: readonly number[]) => number): MathFunction {
  return ([argument]) => {
    const value = valueOf(argument);
    if (value.kind === 'scalar') return value;
    if (value.kind === 'series') return scalar(apply([...value.points.values()]));
    const byTime = new Map<number, number[]>();
    for (const series of value.series) {
      for (const [time, point] of series.points) byTime.set(time, [...(byTime.get(time) ?? []), point]);
    }
    return computed(
      '',
      [...byTime].map(([time, points]) => [time, apply(points)] as const),
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
  throw new Error('the function takes a time series');
}

function fill(series: Series, filler: Argument, scope: FunctionScope): Series {
  const times = [...series.points.keys()];
  const value = (time: number): number => {
    if (filler.kind === 'scalar') return filler.value;
    if (filler.kind === 'series') return filler.points.get(time) ?? NaN;
    const before = times.filter(other => other < time).at(-1);
    const after = times.find(other => other > time);
    const at = (other: number | undefined) => (other === undefined ? NaN : (series.points.get(other) ?? NaN));
    if (textOf(filler) === 'REPEAT') return at(before);
    if (textOf(filler) !== 'LINEAR' || before === undefined || after === undefined) return NaN;
    return at(before) + ((at(after) - at(before)) * (time - before)) / (after - before);
  };
  return computed(
    series.label,
    gridOf(scope).map(time => [time, series.points.get(time) ?? value(time)] as const),
    series.dimensions,
  );
}

function steps(series: Series, apply: (change: number, ms: number) => number): Series {
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
  const NOTHING = scalar(NaN);
  const chosen = combine(condition, then, (test, value) => (test !== 0 ? value : NaN));
  const left = combine(condition, otherwise ?? NOTHING, (test, value) => (test === 0 ? value : NaN));
  const fallback = seriesOf(left);
  return {
    kind: 'array',
    series: seriesOf(chosen).map((series, index) =>
      computed(
        series.label,
        new Map([...(fallback[index]?.points ?? []), ...series.points]),
        series.dimensions,
      ),
    ),
  };
}

function gridOf({ start, end, periodMs }: FunctionScope): number[] {
  const times: number[] = [];
  for (let time = Math.floor(start / periodMs) * periodMs; time < end; time += periodMs) {
    if (time >= start) times.push(time);
  }
  return times;
}

function average(series: Series): number {
  return sumOfPoints(series) / series.points.size;
}

function leastOf(series: Series): number {
  return Math.min(...series.points.values());
}

function greatestOf(series: Series): number {
  return Math.max(...series.points.values());
}

function sumOfPoints(series: Series): number {
  return [...series.points.values()].reduce((sum, value) => sum + value, 0);
}

function valueOf(argument: Argument | undefined): Value {
  if (argument === undefined || argument.kind === 'text') {
    throw new Error(`the function takes a value, got: ${argument?.text ?? 'nothing'}`);
  }
  return argument;
}

function numberOf(argument: Argument): number {
  if (argument.kind !== 'scalar') throw new Error('the function takes a number');
  return argument.value;
}

function textOf(argument: Argument | undefined): string {
  return argument?.kind === 'text' ? argument.text : '';
}
