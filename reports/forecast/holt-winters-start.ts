import { mean, median } from '../figures/statistics';

export const DAYS_OF_WEEK = 7;

/** What the smoothing knows after a day. */
export interface State {
  /** The amount of an average day of the week. */
  readonly level: number;
  /** By how much the level rises in a day. */
  readonly trend: number;
  /**
   * How much of an average day each weekday has, beginning
   * with that of the series' first day; their mean is 1.
   */
  readonly factors: readonly number[];
  readonly run: Run;
}

/** Extraordinary days in a row. */
export interface Run {
  /** 1 where they had too much, -1 where they had too little, 0 where there are none. */
  readonly side: number;
  readonly days: number;
  /** Of their amounts, each by the factor of its weekday. */
  readonly sum: number;
}

export const NO_RUN: Run = { side: 0, days: 0, sum: 0 };

/**
 * Beyond so many usual errors a day is extraordinary, and only so much
 * of its error is taken. At 3, skewed costs are guessed lower still.
 */
export const EXTRAORDINARY = 4;
/** A weekday with less than this of an average day says nothing of the level. */
export const TELLING_FACTOR = 0.25;
/** A level below this share of an average day is next to nothing. */
export const LEAST_LEVEL = 0.05;
/** The median of absolute deviations is this part of the standard deviation, of normal ones. */
export const MEDIAN_PART = 0.6745;

/** Two weeks: fewer do not tell a weekday from chance, nor a trend from a weekday. */
const SEASON_DAYS = 2 * DAYS_OF_WEEK;
/** The weeks from which the first factors are taken. */
const FIRST_WEEKS = 8;
/** So much more than any other day that it is like, a day has by chance. */
const TWICE = 2;
/** From this share of days without a cost on, costs are occasional. */
const OCCASIONAL = 0.25;
const EVEN: readonly number[] = Array.from({ length: DAYS_OF_WEEK }, () => 1);

/** Whether so many days are enough for a factor of each weekday, and for a trend. */
export function hasSeason(days: number): boolean {
  return days >= SEASON_DAYS;
}

/** The mean of all days, for want of more. */
export function evenState(amounts: readonly number[]): State {
  return { level: mean(amounts), trend: 0, factors: EVEN, run: NO_RUN };
}

/**
 * Where the smoothing begins of a series of which often nothing is spent on a day that usually has its share;
 * undefined for others. What is nearest to most of its days is nothing at all, and robustness would take the
 * few dear ones for spikes: a mean does not.
 */
export function occasionalState(amounts: readonly number[]): State | undefined {
  const factors = firstFactors(amounts, mean);
  const last = amounts.reduce((found, amount, day) => (amount > 0 ? day : found), -1);
  const telling = amounts
    .slice(0, last + 1)
    .filter((_, day) => factors[day % DAYS_OF_WEEK] >= TELLING_FACTOR);
  if (telling.filter(amount => amount === 0).length <= OCCASIONAL * telling.length) return undefined;
  return { ...evenState(amounts), factors };
}

/**
 * Where a smoothing may begin: flat at the level of the first
 * two weeks, or on the line through the middles of both.
 */
export function firstStates(amounts: readonly number[]): State[] {
  const factors = firstFactors(amounts, median);
  const levels = amounts
    .slice(0, SEASON_DAYS)
    .map((amount, day) =>
      factors[day % DAYS_OF_WEEK] >= TELLING_FACTOR ? amount / factors[day % DAYS_OF_WEEK] : undefined,
    );
  const levelOf = (from: number, to: number) =>
    mean(withoutExtraordinary(levels.slice(from, to).filter(level => level !== undefined)));
  const first = levelOf(0, DAYS_OF_WEEK);
  const trend = (levelOf(DAYS_OF_WEEK, SEASON_DAYS) - first) / DAYS_OF_WEEK;
  return [
    { level: levelOf(0, SEASON_DAYS), trend: 0, factors, run: NO_RUN },
    // The day before the first is half a week and half a day before the first week's middle.
    { level: Math.max(0, first - (trend * (DAYS_OF_WEEK + 1)) / 2), trend, factors, run: NO_RUN },
  ];
}

/**
 * How much each weekday has of an average day, by the middle of the weeks, drawn towards 1 by as much
 * as chance alone makes weekdays differ: all the way where they differ no more than chance does.
 */
function firstFactors(
  amounts: readonly number[],
  middleOf: (values: readonly number[]) => number,
): readonly number[] {
  const tamed = withoutSpikes(amounts.slice(0, FIRST_WEEKS * DAYS_OF_WEEK));
  const shares: number[][] = EVEN.map(() => []);
  for (let start = 0; start + DAYS_OF_WEEK <= tamed.length; start += DAYS_OF_WEEK) {
    const week = tamed.slice(start, start + DAYS_OF_WEEK);
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
 * No day has more than twice of what the same weekday of another week, or the middle one of all days, has.
 */
function withoutSpikes(amounts: readonly number[]): number[] {
  const usual = median(amounts);
  return amounts.map((amount, day) => {
    const others = amounts.filter((_, other) => other !== day && other % DAYS_OF_WEEK === day % DAYS_OF_WEEK);
    return Math.min(amount, TWICE * Math.max(usual, ...others));
  });
}

/**
 * The values, of which none is further from the middle one than
 * where the extraordinary begins; unchanged where most are the same.
 */
export function withoutExtraordinary(values: readonly number[]): readonly number[] {
  const middle = median(values);
  const bound = (EXTRAORDINARY * median(values.map(value => Math.abs(value - middle)))) / MEDIAN_PART;
  return bound === 0
    ? values
    : values.map(value => Math.max(middle - bound, Math.min(middle + bound, value)));
}
