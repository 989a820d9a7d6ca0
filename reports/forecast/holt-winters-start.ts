import { mean, median } from './statistics';

export const DAYS_OF_WEEK = 7;

/** State of the smoothing after a day. */
export interface State {
  /** Amount of an average day of the week. */
  readonly level: number;
  /** Daily change of the level. */
  readonly trend: number;
  /** Factor of each weekday, from the weekday of the first day on. Their mean is 1. */
  readonly factors: readonly number[];
  readonly run: Run;
}

/** Consecutive outliers on the same side. */
export interface Run {
  /** 1 for amounts that are too high, -1 for amounts that are too low, 0 without outliers. */
  readonly side: number;
  readonly days: number;
  /** Sum of the amounts, each divided by the factor of its weekday. */
  readonly sum: number;
}

export const NO_RUN: Run = { side: 0, days: 0, sum: 0 };

/**
 * Multiple of the usual error from which a day is an outlier. The smoothing clamps larger errors to it. With
 * a multiple of 3, forecasts of skewed costs would be too low.
 */
export const OUTLIER_ERRORS = 4;
/** Minimum factor of a weekday. Weekdays with a lower factor have too little cost to estimate the level. */
export const MIN_FACTOR = 0.25;
/** Minimum level, as a share of an average day. A lower level counts as no cost. */
export const MIN_LEVEL = 0.05;
/** Median absolute deviation of a normal distribution, as a share of its standard deviation. */
export const MEDIAN_PART = 0.6745;

/**
 * Minimum days for weekday factors and a trend: two weeks, because one week does not distinguish them from
 * chance.
 */
const SEASON_DAYS = 2 * DAYS_OF_WEEK;
/** Maximum number of weeks for the calculation of the first weekday factors. */
const FIRST_WEEKS = 8;
/** Maximum multiple of the cost of comparable days. Higher amounts are spikes and are cut to it. */
const SPIKE = 2;
/** Share of days without a cost above which costs are occasional. */
const OCCASIONAL = 0.25;
const EVEN: readonly number[] = Array.from({ length: DAYS_OF_WEEK }, () => 1);

/** Returns true if there are enough days for weekday factors and a trend. */
export function hasSeason(days: number): boolean {
  return days >= SEASON_DAYS;
}

/** Returns a state with the mean of all days, and without trend and weekday factors. */
export function evenState(amounts: readonly number[]): State {
  return { level: mean(amounts), trend: 0, factors: EVEN, run: NO_RUN };
}

/**
 * Returns the first state of a series with occasional costs. Undefined for other series. The state uses
 * means, because a robust smoothing would treat occasional costs as outliers.
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
 * Returns two first states: one at the level of the first two weeks without a trend, and one with the trend
 * from the first week to the second.
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
    // This is the state of the day before the series, which is four days before the middle of the first week.
    { level: Math.max(0, first - (trend * (DAYS_OF_WEEK + 1)) / 2), trend, factors, run: NO_RUN },
  ];
}

/**
 * Calculates the first weekday factors from the first weeks. Factors shrink towards 1 by the share of their
 * variance that chance explains.
 *
 * @param middleOf mean or median, which averages the amounts of a weekday
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

/** Cuts each amount to twice the maximum of the same weekday in other weeks and of the median day. */
function cutSpikes(amounts: readonly number[]): number[] {
  const usual = median(amounts);
  return amounts.map((amount, day) => {
    const others = amounts.filter((_, other) => other !== day && other % DAYS_OF_WEEK === day % DAYS_OF_WEEK);
    return Math.min(amount, SPIKE * Math.max(usual, ...others));
  });
}

/** Clamps outliers to the bounds around the median. If most values are equal, all values stay unchanged. */
export function clampOutliers(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const bound = (OUTLIER_ERRORS * median(values.map(value => Math.abs(value - middle)))) / MEDIAN_PART;
  return bound === 0
    ? values
    : values.map(value => Math.max(middle - bound, Math.min(middle + bound, value)));
}
