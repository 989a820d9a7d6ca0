/** Time series. `points` maps times in epoch milliseconds to values, in order of time. */
export interface Series {
  readonly kind: 'series';
  /** Label if the query sets none: the metric name, or the label of a search result. */
  readonly label: string;
  /** Dimensions of the metric. They replace placeholders in a label, for example `${PROP('Dim.Agent')}`. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly points: ReadonlyMap<number, number>;
}

/** Result of a metric math expression: a number, a time series or an array of time series. */
export type Value =
  | { readonly kind: 'scalar'; readonly value: number }
  | Series
  | { readonly kind: 'array'; readonly series: readonly Series[] };

/** Error for a metric math expression that is invalid, or that the emulator does not support. */
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
 * Creates a series from calculated points, sorted by time. Drops points that are not finite numbers, as
 * CloudWatch does after a division by zero.
 */
export function computed(
  label: string,
  points: Iterable<readonly [number, number]>,
  dimensions: Readonly<Record<string, string>> = {},
): Series {
  const sorted = [...points].filter(([, value]) => Number.isFinite(value)).sort(([a], [b]) => a - b);
  return { kind: 'series', label, dimensions, points: new Map(sorted) };
}

/** Returns the series that a value contains: none for a scalar, one for a series, all for an array. */
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

/** Applies a function to each number in a value: the scalar, or all points of its series. */
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
 * Applies an operator such as `+` to two values. Series are combined point by point, and a missing point
 * counts as 0. A scalar is combined with every point. Two arrays are combined series by series.
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

/** Value that is not an array: a scalar or one series. */
export type Single = Exclude<Value, { kind: 'array' }>;

/**
 * Returns the operand for the series at `index` of another array. A scalar or a single series is the operand
 * for every index.
 */
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
