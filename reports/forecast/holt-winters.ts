/**
 * Holt-Winters smoothing of daily amounts. It follows the level, the trend and the weekday factors of a
 * series. Outliers have little effect. Amounts are scaled, so that an average day is near 1.
 */

import {
  clampOutliers,
  DAYS_OF_WEEK,
  evenState,
  firstStates,
  hasSeason,
  MEDIAN_PART,
  MIN_FACTOR,
  MIN_LEVEL,
  NO_RUN,
  occasionalState,
  OUTLIER_ERRORS,
  type Run,
  type State,
} from './holt-winters-start';
import { mean, median } from './statistics';

/** Parameters of the smoothing, each from 0 to 1. They set how fast the state follows new amounts. */
export interface Gains {
  /** Fraction of a day's error that is added to the level. */
  readonly level: number;
  /** Fraction of the level's change that is added to the trend. */
  readonly trend: number;
  /** Fraction of the trend that remains on the next day. */
  readonly damping: number;
  /** Fraction of a day's error that is added to the factor of the weekday. */
  readonly season: number;
  /**
   * True if errors are relative to the expected amount, and outliers are limited. False if errors are
   * differences of amounts, without a limit.
   */
  readonly proportional: boolean;
}

/** Amount that is predicted for a day, with its level and the scale of its error. */
export interface Expected {
  /** Expected amount without the effect of the weekday. */
  readonly level: number;
  readonly amount: number;
  /** Divisor for the error of a day. The error is (actual amount - expected amount) / `scale`. */
  readonly scale: number;
}

/** Result of smoothing a series of daily amounts with one set of gains. */
export interface Fit {
  readonly gains: Gains;
  /** State after the last day. */
  readonly state: State;
  /** Error of each day: actual amount minus expected amount, divided by `scale`. */
  readonly errors: readonly number[];
  /**
   * Indexes of days with a lasting change of the level: at least three consecutive outliers in the same
   * direction.
   */
  readonly steps: ReadonlySet<number>;
}

/** Result of smoothing a series of daily amounts. It contains the fits with the best sets of gains. */
export interface Smoothing {
  /** Number of days in the series. */
  readonly days: number;
  /**
   * Fit with the best gains, and fits whose gains are nearly as good. The forecast is the mean of all fits.
   */
  readonly fits: readonly Fit[];
  /**
   * Estimated standard deviation of the errors. If `proportional` is true, it is estimated from the median
   * error, so that outliers have no effect.
   */
  readonly usualError: number;
}

/**
 * Minimum number of consecutive outliers that change the level. All of them must be too high, or all too low.
 * Their mean becomes the new level.
 */
export const STEP_DAYS = 3;
/**
 * Minimum weekday factor in the calculation of `scale`. Without it, errors are very large on weekdays with
 * little cost.
 */
const MIN_SCALE_FACTOR = 0.1;
/** Minimum of the estimated usual error, relative to the expected amount. */
const MIN_ERROR = 0.01;

const LEVEL_GAINS = [0.05, 0.1, 0.2, 0.35, 0.6];
const TREND_GAINS = [0.05, 0.2];
const SEASON_GAINS = [0, 0.1];
const DAMPINGS = [0.9, 0.97];
/**
 * Rough gains with which `estimateUsualError` fits the series. `smooth` calls this function first, because
 * its search for the best gains needs the usual error.
 */
const ROUGH: Omit<Gains, 'level'> = { trend: 0, damping: 0.9, season: 0, proportional: true };
/** All sets of gains from which `smooth` chooses the best ones. */
const GAINS: readonly Gains[] = [
  { trend: 0, damping: DAMPINGS[0] },
  ...TREND_GAINS.flatMap(trend => DAMPINGS.map(damping => ({ trend, damping }))),
].flatMap(trend =>
  SEASON_GAINS.flatMap(season => LEVEL_GAINS.map(level => ({ ...trend, level, season, proportional: true }))),
);
/** Gains for a series with many days without a cost. The level changes slowly. */
const CALM: Gains = { level: LEVEL_GAINS[0], trend: 0, damping: DAMPINGS[0], season: 0, proportional: false };
/** Gains for a series of less than two weeks. The level is always the mean of all days. */
const STILL: Gains = { ...CALM, level: 0 };
/**
 * Numbers of days that the test forecasts in `calculateLoss` look ahead. `smooth` chooses the gains for which
 * these forecasts have the smallest errors.
 */
const AHEAD = [1, 4, 7, 14];
/**
 * Maximum loss of a set of gains, relative to the lowest loss. With 0.05, the loss may be 5 % above the
 * lowest loss.
 */
const NEARLY = 0.05;
/**
 * Penalty for a start state with a trend, because the trend is an additional parameter. The loss is
 * multiplied by 1 + `TREND_PENALTY` / (number of days).
 */
const TREND_PENALTY = 3;

/** Predicts the amount of the day that is `ahead` days after the day of `state`. */
export function expected(
  { level, trend, factors }: State,
  { damping, proportional }: Gains,
  weekday: number,
  ahead = 1,
): Expected {
  const then = Math.max(0, level + trend * dampedDays(damping, ahead));
  const scale = proportional ? Math.max(then, MIN_LEVEL) * Math.max(factors[weekday], MIN_SCALE_FACTOR) : 1;
  return { level: then, amount: then * factors[weekday], scale };
}

/**
 * Returns the sum damping + damping² + … with `days` terms. A trend multiplied by this sum is the change
 * within `days` days.
 */
function dampedDays(damping: number, days: number): number {
  return days === 1 ? damping : (damping * (1 - damping ** days)) / (1 - damping);
}

/** Returns the state of the smoothing after a day with the given amount. */
export function after(
  state: State,
  gains: Gains,
  usualError: number,
  weekday: number,
  amount: number,
): State {
  const before = expected(state, gains, weekday);
  const factor = state.factors[weekday];
  const error = (amount - before.amount) / before.scale;
  const bounded = gains.proportional ? clampError(OUTLIER_ERRORS * usualError, error) : error;
  const run = runAfter(state.run, factor, amount, Math.sign(error - bounded));
  if (bounded !== error && run.days >= STEP_DAYS) {
    return { level: run.sum / run.days, trend: 0, factors: state.factors, run };
  }
  // `Math.min(…)` limits the weight of the error to 1. With a higher weight, a weekday with a large factor
  // would make the level oscillate.
  const ofLevel = bounded * before.scale * Math.min(factor, 1 / Math.max(factor, 1));
  const level = Math.max(0, before.level + gains.level * ofLevel);
  const trend = gains.damping * state.trend + (bounded === error ? gains.level * gains.trend * ofLevel : 0);
  if (gains.season === 0 || before.level < MIN_LEVEL) return { level, trend, factors: state.factors, run };
  const factors = state.factors.map((one, day) =>
    day === weekday ? Math.max(0, one + (gains.season * bounded * before.scale) / before.level) : one,
  );
  const share = mean(factors);
  return { level: level * share, trend: trend * share, factors: factors.map(one => one / share), run };
}

/**
 * Limits a relative error, so that the amount stays near the expected amount. With a bound of 1, the amount
 * can be half of the expected amount (error -0.5) to twice the expected amount (error 1).
 */
function clampError(bound: number, error: number): number {
  return Math.max(1 / (1 + bound) - 1, Math.min(bound, error));
}

/**
 * Adds a day to a run of outliers. If the day is not an outlier (`side` is 0), the run ends. If the weekday
 * has nearly no cost, the run stays the same.
 */
function runAfter(run: Run, factor: number, amount: number, side: number): Run {
  if (factor < MIN_FACTOR) return run;
  if (side === 0) return NO_RUN;
  const before = side === run.side ? run : NO_RUN;
  return { side, days: before.days + 1, sum: before.sum + amount / factor };
}

/**
 * Smooths a series of daily amounts. Tries many sets of gains. Keeps the best set, and all sets that are
 * nearly as good.
 */
export function smooth(amounts: readonly number[]): Smoothing {
  // If the series has less than two weeks, no weekday pattern is known. All outliers are therefore limited
  // first.
  if (!hasSeason(amounts.length)) return smoothPlainly(clampOutliers(amounts), STILL);
  const occasional = occasionalState(amounts);
  if (occasional) return smoothPlainly(amounts, CALM, occasional);
  const [flat, ...trending] = firstStates(amounts);
  const usualError = estimateUsualError(amounts, flat);
  const tried: (Pick<Fit, 'gains'> & { readonly start: State; readonly loss: number })[] = [];
  let least = Infinity;
  for (const start of [flat, ...trending]) {
    const penalty = start === flat ? 1 : 1 + TREND_PENALTY / amounts.length;
    for (const gains of GAINS) {
      const limit = (least * (1 + NEARLY)) / penalty;
      const loss = penalty * calculateLoss(amounts, start, gains, usualError, limit);
      least = Math.min(least, loss);
      tried.push({ start, gains, loss });
    }
  }
  const good = tried.filter(({ loss }) => loss <= least * (1 + NEARLY));
  return {
    days: amounts.length,
    usualError,
    fits: good.map(({ start, gains }) => fit(amounts, start, gains, usualError)),
  };
}

/** Estimates the usual error of a day. Tries all level gains, and uses the smallest median error. */
function estimateUsualError(amounts: readonly number[], start: State): number {
  const middles = LEVEL_GAINS.map(level =>
    median(fit(amounts, start, { ...ROUGH, level }, Infinity).errors.map(Math.abs)),
  );
  return Math.max(MIN_ERROR, Math.min(...middles) / MEDIAN_PART);
}

function smoothPlainly(
  amounts: readonly number[],
  gains: Gains,
  start: State = evenState(amounts),
): Smoothing {
  const plain = fit(amounts, start, gains, Infinity);
  return {
    days: amounts.length,
    usualError: Math.sqrt(mean(plain.errors.map(error => error ** 2))),
    fits: [plain],
  };
}

/**
 * Predicts the amount of a future day: the mean of the predictions of all fits.
 *
 * @param day 1 for the first day after the series
 */
export function expectedAhead({ days, fits }: Smoothing, day: number): number {
  return mean(
    fits.map(({ state, gains }) => expected(state, gains, (days + day - 1) % DAYS_OF_WEEK, day).amount),
  );
}

function fit(amounts: readonly number[], start: State, gains: Gains, usualError: number): Fit {
  let state = start;
  const steps = new Set<number>();
  let began = 0;
  const errors = amounts.map((amount, day) => {
    const guess = expected(state, gains, day % DAYS_OF_WEEK);
    const { run } = state;
    state = after(state, gains, usualError, day % DAYS_OF_WEEK, amount);
    if (state.run.days === 1 && state.run !== run) began = day;
    for (let one = began; one <= day && state.run.days >= STEP_DAYS; one++) steps.add(one);
    return (amount - guess.amount) / guess.scale;
  });
  return { gains, state, errors, steps };
}

/**
 * Returns the sum of the absolute errors of forecasts for 1, 4, 7 and 14 days. If the sum is above `limit`,
 * returns Infinity. Errors are not squared, because a single day could then dominate the sum.
 */
function calculateLoss(
  amounts: readonly number[],
  start: State,
  gains: Gains,
  usualError: number,
  limit: number,
): number {
  const from = hasSeason(amounts.length - DAYS_OF_WEEK) ? DAYS_OF_WEEK : 0;
  const trendFactors = AHEAD.map(days => dampedDays(gains.damping, days));
  let state = start;
  let sum = 0;
  for (let day = 0; day < amounts.length && sum <= limit; day++) {
    for (let index = 0; day >= from && index < AHEAD.length; index++) {
      const target = day + AHEAD[index] - 1;
      if (target >= amounts.length) break;
      sum += Math.abs(
        amounts[target] -
          Math.max(0, state.level + state.trend * trendFactors[index]) * state.factors[target % DAYS_OF_WEEK],
      );
    }
    state = after(state, gains, usualError, day % DAYS_OF_WEEK, amounts[day]);
  }
  return sum <= limit ? sum : Infinity;
}
