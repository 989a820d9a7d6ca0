/** One time series: values by epoch milliseconds, in order of time. */
export interface Series {
  readonly kind: 'series';
  /** The label that it has of itself: a metric's name, or what tells a search's results apart. */
  readonly label: string;
  /** The dimensions of the metric that it is, for dynamic labels. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly points: ReadonlyMap<number, number>;
}

/** What an expression can be: a scalar, a series or an array of series. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | Series
  | { readonly kind: 'array'; readonly series: readonly Series[] };

/** An expression, or a part of one, that is not evaluated here. */
export class UnsupportedExpression extends Error {
  constructor(
    readonly expression: string,
    reason: string,
  ) {
    super(`${reason}: ${expression}`);
    this.name = 'UnsupportedExpression';
  }
}

export function scalar(value: number): Value {
  return { kind: 'scalar', value };
}

/**
 * A series of computed points; those that are no finite
 * number are dropped, as CloudWatch drops a division by zero.
 */
export function computed(
  label: string,
  points: Iterable<readonly [number, number]>,
  dimensions: Readonly<Record<string, string>> = {},
): Series {
  const sorted = [...points].filter(([, value]) => Number.isFinite(value)).sort(([a], [b]) => a - b);
  return { kind: 'series', label, dimensions, points: new Map(sorted) };
}

/** The series that a value holds; none for a scalar. */
export function seriesOf(value: Value): readonly Series[] {
  switch (value.kind) {
    case 'scalar':
      return [];
    case 'series':
      return [value];
    case 'array':
      return value.series;
  }
}

/** Applies a function to each point of a value. */
export function mapPoints(value: Value, apply: (value: number) => number): Value {
  const mapSeries = (series: Series) =>
    computed(
      series.label,
      [...series.points].map(([time, point]) => [time, apply(point)] as const),
      series.dimensions,
    );
  switch (value.kind) {
    case 'scalar':
      return scalar(apply(value.value));
    case 'series':
      return mapSeries(value);
    case 'array':
      return { kind: 'array', series: value.series.map(mapSeries) };
  }
}

/**
 * Joins two values point by point: a missing point counts as 0, a
 * scalar stands for every point, an array goes series by series.
 */
export function combine(left: Value, right: Value, apply: (a: number, b: number) => number): Value {
  if (left.kind === 'array') {
    return {
      kind: 'array',
      series: left.series.map((series, index) => combineSeries(series, partner(right, index), apply)),
    };
  }
  if (right.kind === 'array') {
    return { kind: 'array', series: right.series.map(series => combineSeries(left, series, apply)) };
  }
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalar(apply(left.value, right.value));
  return combineSeries(left, right, apply);
}

/** A value that is no array. */
export type Single = Exclude<Value, { kind: 'array' }>;

/** Returns the series at an index of an array, or the value itself if it is no array. */
export function partner(value: Value, index: number): Single {
  if (value.kind !== 'array') return value;
  return value.series[index] ?? computed('', []);
}

function combineSeries(left: Single, right: Single, apply: (a: number, b: number) => number): Series {
  const times = new Set(
    [left, right].flatMap(side => (side.kind === 'series' ? [...side.points.keys()] : [])),
  );
  const at = (side: Single, time: number) =>
    side.kind === 'scalar' ? side.value : (side.points.get(time) ?? 0);
  const named = left.kind === 'series' ? left : right.kind === 'series' ? right : undefined;
  return computed(
    named?.label ?? '',
    [...times].map(time => [time, apply(at(left, time), at(right, time))] as const),
    named?.dimensions,
  );
}
