import { mean, median } from './statistics';

export const DAYS_OF_WEEK = 7;

/** State of the Holt-Winters smoothing after a day. The next amounts are predicted from this state. */
export interface State {
  /** Smoothed amount of an average day, without the effect of the weekday. */
  readonly level: number;
  /** Change of `level` from one day to the next. */
  readonly trend: number;
  /**
   * Multiple of `level` for each weekday. For example, a weekday with half the usual cost has the factor 0.5.
   * The mean of the factors is 1. The first factor belongs to the weekday of the first amount.
   */
  readonly factors: readonly number[];
  readonly run: Run;
}

/** Consecutive outliers that are all too high or all too low. */
export interface Run {
  /** 1 for amounts that are too high, -1 for amounts that are too low, 0 if there are no outliers. */
  readonly side: number;
  readonly days: number;
  /** Sum of the amounts of these days, each divided by its weekday factor. */
  readonly sum: number;
}

export const NO_RUN: Run = { side: 0, days: 0, sum: 0 };

/**
 * Limit of an error, as a multiple of the usual error. A day with a larger error is an outlier, and its error
 * is reduced to the limit. With a limit of 3, forecasts of skewed costs would be too low.
 */
export const OUTLIER_ERRORS = 4;
/**
 * Minimum weekday factor of days that are used to estimate the level. Days with a lower factor have too
 * little cost for an estimate.
 */
export const MIN_FACTOR = 0.25;
/**
 * Minimum level, as a fraction of the cost of an average day. Below this level, a day is treated as a day
 * without a cost.
 */
export const MIN_LEVEL = 0.05;
/** Median absolute error of a normal distribution divided by its standard deviation. */
export const MEDIAN_PART = 0.6745;

/**
 * Minimum number of days for weekday factors and a trend. Differences between days of a single week may be
 * chance.
 */
const SEASON_DAYS = 2 * DAYS_OF_WEEK;
/** Maximum number of weeks from which the weekday factors at the start of the smoothing are calculated. */
const FIRST_WEEKS = 8;
/**
 * Maximum amount of a day, as a multiple of the usual amount. A higher amount is a spike, and is reduced to
 * this maximum.
 */
const SPIKE = 2;
/**
 * Maximum fraction of days without a cost. If the fraction is higher, the costs are treated as occasional.
 */
const OCCASIONAL = 0.25;
const EVEN: readonly number[] = Array.from({ length: DAYS_OF_WEEK }, () => 1);

/** Returns true if there are enough days for weekday factors and a trend. */
export function hasSeason(days: number): boolean {
  return days >= SEASON_DAYS;
}

/** Returns a state without trend and weekday pattern. Its level is the mean of all amounts. */
export function evenState(amounts: readonly number[]): State {
  return { level: mean(amounts), trend: 0, factors: EVEN, run: NO_RUN };
}

/**
 * Returns the start state for occasional costs, or undefined for regular costs. Costs are regular if at most
 * 25 % of the days have no cost. Days after the last cost and weekdays with little cost are not counted. The
 * state uses means, because medians would ignore rare costs.
 */
export function occasionalState(amounts: readonly number[]): State | undefined {
  const factors = firstFactors(amounts, mean);
  const last = amounts.reduce((found, amount, day) => (amount > 0 ? day : found), -1);
  const informative = amounts
    .slice(0, last + 1)
    .filter((_, day) => factors[day % DAYS_OF_WEEK] >= MIN_FACTOR);
  if (informative.filter(amount => amount === 0).length <= OCCASIONAL * informative.length) return undefined;
  return { ...evenState(amounts), factors };
}

/**
 * Returns two start states for the smoothing. The first has no trend and the mean level of the first two
 * weeks. The second has the trend from the first week to the second week.
 */
export function firstStates(amounts: readonly number[]): State[] {
  const factors = firstFactors(amounts, median);
  const levels = amounts
    .slice(0, SEASON_DAYS)
    .map((amount, day) =>
      factors[day % DAYS_OF_WEEK] >= MIN_FACTOR ? amount / factors[day % DAYS_OF_WEEK] : undefined,
    );
  const levelOf = (from: number, to: number) =>
    mean(clampOutliers(levels.slice(from, to).filter(level => level !== undefined)));
  const first = levelOf(0, DAYS_OF_WEEK);
  const trend = (levelOf(DAYS_OF_WEEK, SEASON_DAYS) - first) / DAYS_OF_WEEK;
  return [
    { level: levelOf(0, SEASON_DAYS), trend: 0, factors, run: NO_RUN },
    // `first` is the level of the fourth day. The smoothing starts before the first day, so four days of
    // trend are subtracted.
    { level: Math.max(0, first - (trend * (DAYS_OF_WEEK + 1)) / 2), trend, factors, run: NO_RUN },
  ];
}

/**
 * Returns a factor for each weekday, calculated from the first weeks. An average weekday has the factor 1. If
 * the differences between weekdays may be chance, they are reduced or removed.
 *
 * @param middleOf `mean` or `median`, to combine the values of one weekday from several weeks
 */
function firstFactors(
  amounts: readonly number[],
  middleOf: (values: readonly number[]) => number,
): readonly number[] {
  const withoutSpikes = cutSpikes(amounts.slice(0, FIRST_WEEKS * DAYS_OF_WEEK));
  const shares: number[][] = EVEN.map(() => []);
  for (let start = 0; start + DAYS_OF_WEEK <= withoutSpikes.length; start += DAYS_OF_WEEK) {
    const week = withoutSpikes.slice(start, start + DAYS_OF_WEEK);
    const average = mean(week);
    if (average > 0) week.forEach((amount, day) => shares[day].push(amount / average));
  }
  const weeks = shares[0].length;
  const middles = shares.map(middleOf);
  const middle = mean(middles);
  if (weeks < 2 || middle === 0) return EVEN;
  const chance =
    mean(shares.flatMap((share, day) => share.map(one => Math.min(1, (one - middles[day]) ** 2)))) /
    (weeks - 1);
  const between = middles.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (DAYS_OF_WEEK - 1);
  const kept = between > chance ? 1 - chance / between : 0;
  return middles.map(one => 1 + kept * (one / middle - 1));
}

/**
 * Limits each amount to twice the median of all amounts. If the same weekday of another week has an amount
 * above the median, this amount replaces the median.
 */
function cutSpikes(amounts: readonly number[]): number[] {
  const usual = median(amounts);
  return amounts.map((amount, day) => {
    const others = amounts.filter((_, other) => other !== day && other % DAYS_OF_WEEK === day % DAYS_OF_WEEK);
    return Math.min(amount, SPIKE * Math.max(usual, ...others));
  });
}

/** Limits values to a range around their median. If most values are equal, returns the values unchanged. */
export function clampOutliers(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const bound = (OUTLIER_ERRORS * median(values.map(value => Math.abs(value - middle)))) / MEDIAN_PART;
  return bound === 0
    ? values
    : values.map(value => Math.max(middle - bound, Math.min(middle + bound, value)));
}
