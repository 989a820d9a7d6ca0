import { mean, median } from './statistics';

export const DAYS_OF_WEEK = 7;

/** State of the smoothing after a day. */
export interface State {
  /** Amount of an average day. */
  readonly level: number;
  /** Daily change of the level. */
  readonly trend: number;
  /**
   * Factor of each weekday. The first factor belongs to the weekday of the first day of the series. The mean
   * of the factors is 1.
   */
  readonly factors: readonly number[];
  readonly run: Run;
}

/** Consecutive outliers in the same direction. */
export interface Run {
  /** 1 for amounts that are too high, -1 for amounts that are too low, 0 if there are no outliers. */
  readonly side: number;
  readonly days: number;
  /** Sum of the amounts, each divided by the factor of its weekday. */
  readonly sum: number;
}

export const NO_RUN: Run = { side: 0, days: 0, sum: 0 };

/**
 * Multiple of the usual error. A larger error is an outlier, and is reduced to this multiple. The multiple is
 * 4, because forecasts of skewed costs would be too low with 3.
 */
export const OUTLIER_ERRORS = 4;
/**
 * Minimum factor of a weekday whose cost is used to estimate the level. A weekday with a lower factor has too
 * little cost.
 */
export const MIN_FACTOR = 0.25;
/** Minimum level, as a share of an average day. A lower level counts as no cost. */
export const MIN_LEVEL = 0.05;
/** Median absolute deviation of a normal distribution, as a share of its standard deviation. */
export const MEDIAN_PART = 0.6745;

/**
 * Minimum number of days for weekday factors and a trend. A single week does not show if a difference between
 * days is chance.
 */
const SEASON_DAYS = 2 * DAYS_OF_WEEK;
/** Maximum number of weeks that are used to calculate the first weekday factors. */
const FIRST_WEEKS = 8;
/**
 * Maximum of an amount, as a multiple of the cost of comparable days. A higher amount is a spike, and is cut
 * to this maximum.
 */
const SPIKE = 2;
/** Share of days without a cost. Above this share, a series counts as one with occasional costs. */
const OCCASIONAL = 0.25;
const EVEN: readonly number[] = Array.from({ length: DAYS_OF_WEEK }, () => 1);

/** Returns true if there are enough days for weekday factors and a trend. */
export function hasSeason(days: number): boolean {
  return days >= SEASON_DAYS;
}

/**
 * Returns a state whose level is the mean of all days. The state has no trend, and all weekdays are equal.
 */
export function evenState(amounts: readonly number[]): State {
  return { level: mean(amounts), trend: 0, factors: EVEN, run: NO_RUN };
}

/**
 * Returns the first state of the smoothing if more than 25 % of the relevant days have no cost. Otherwise
 * returns undefined. The state uses means, because medians would ignore rare costs.
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
 * Returns two states from which the smoothing can start. The first state has the mean level of the first two
 * weeks, and no trend. The second state has the trend from the first week to the second week.
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
    // This state belongs to the day before the series. That day is four days before the middle of the first
    // week.
    { level: Math.max(0, first - (trend * (DAYS_OF_WEEK + 1)) / 2), trend, factors, run: NO_RUN },
  ];
}

/**
 * Returns a factor for each weekday, calculated from the first weeks. An average weekday has the factor 1.
 * The more of the difference between weekdays is chance, the closer the factors are to 1.
 *
 * @param middleOf `mean` or `median`, which averages the shares of a weekday
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
 * Cuts each amount to at most twice the larger of two amounts. One is the median of all amounts. The other is
 * the highest amount on the same weekday in other weeks.
 */
function cutSpikes(amounts: readonly number[]): number[] {
  const usual = median(amounts);
  return amounts.map((amount, day) => {
    const others = amounts.filter((_, other) => other !== day && other % DAYS_OF_WEEK === day % DAYS_OF_WEEK);
    return Math.min(amount, SPIKE * Math.max(usual, ...others));
  });
}

/** Clamps outliers to bounds around the median. If most values are equal, all values stay unchanged. */
export function clampOutliers(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const bound = (OUTLIER_ERRORS * median(values.map(value => Math.abs(value - middle)))) / MEDIAN_PART;
  return bound === 0
    ? values
    : values.map(value => Math.max(middle - bound, Math.min(middle + bound, value)));
}
