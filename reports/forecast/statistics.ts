/** Direction and slope of the trend of a series. */
export interface Slope {
  readonly direction: 'rising' | 'falling' | 'flat';
  /** Change per day. */
  readonly perDay: number;
  /** Change within seven days, relative to the median amount. For example, 0.05 is 5 %. */
  readonly perWeek: number;
}

/**
 * Minimum test value of a significant trend: the 97.5 % quantile of the normal distribution. Without a trend,
 * a series exceeds this value by chance in 5 % of all cases.
 */
const SIGNIFICANT = 1.96;
/**
 * Minimum change within a week, relative to the usual amount. A smaller change is reported as `flat`, even if
 * it is statistically significant.
 */
const MIN_PER_WEEK = 0.01;

/** Returns the mean, or 0 if there are no values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the median, or 0 if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Estimates the trend of a series with the Theil-Sen method: `perDay` is the median slope between two days.
 * The direction is `flat` if the trend is not significant by the Mann-Kendall test. Outliers have little
 * effect.
 */
export function slopeOf(days: readonly { readonly at: number; readonly amount: number }[]): Slope {
  const slopes: number[] = [];
  let surplus = 0;
  days.forEach((late, index) =>
    days.slice(0, index).forEach(early => {
      slopes.push((late.amount - early.amount) / (late.at - early.at));
      surplus += Math.sign(late.amount - early.amount);
    }),
  );
  const perDay = median(slopes);
  const usual = median(days.map(({ amount }) => amount)) || mean(days.map(({ amount }) => amount));
  const perWeek = usual > 0 ? (7 * perDay) / usual : 0;
  const { length } = days;
  const deviation = Math.sqrt((length * (length - 1) * (2 * length + 5)) / 18);
  const isTrend =
    (Math.abs(surplus) - 1) / deviation > SIGNIFICANT &&
    Math.abs(perWeek) >= MIN_PER_WEEK &&
    Math.sign(surplus) === Math.sign(perDay);
  return { direction: !isTrend ? 'flat' : perDay > 0 ? 'rising' : 'falling', perDay, perWeek };
}
