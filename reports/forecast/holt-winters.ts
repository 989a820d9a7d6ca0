/**
 * Holt-Winters smoothing of daily amounts with a damped trend. The state consists of a level, a trend and a
 * factor for each weekday. Outliers have little effect. Amounts are scaled so that an average day is near 1.
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

/** Smoothing parameters, each from 0 to 1. */
export interface Gains {
  /** Share of the error of a day that is added to the level. */
  readonly level: number;
  /** Share of the change of the level that is added to the trend. */
  readonly trend: number;
  /** Share of the trend that remains after a day. */
  readonly damping: number;
  /** Share of the error of a day that is added to the factor of its weekday. */
  readonly season: number;
  /**
   * True if errors are relative to the expected amount, and outliers are bounded. False if errors are
   * absolute, and outliers are not bounded.
   */
  readonly proportional: boolean;
}

/** Expected amount of a day. */
export interface Expected {
  /** Expected level, before the weekday factor is applied. */
  readonly level: number;
  readonly amount: number;
  /** Amount by which the error of the day is divided. */
  readonly scale: number;
}

/** Result of smoothing a series with one set of gains. */
export interface Fit {
  readonly gains: Gains;
  /** State after the last day. */
  readonly state: State;
  /** Error of each forecast for the next day, divided by the scale of that day. */
  readonly errors: readonly number[];
  /** Indexes of the days that belong to a step. A step is a lasting change of the level. */
  readonly steps: ReadonlySet<number>;
}

/** Result of smoothing a series. */
export interface Smoothing {
  /** Number of days in the series. */
  readonly days: number;
  /**
   * Fits with the best gains, and fits whose gains are nearly as good. The forecast is the mean of all these
   * fits.
   */
  readonly fits: readonly Fit[];
  /**
   * Estimated standard deviation of the errors. If `proportional` is true, the estimate is based on the
   * median error, so that outliers have no effect.
   */
  readonly usualError: number;
}

/**
 * Number of consecutive outliers in the same direction that count as a step. The mean of these outliers
 * becomes the new level.
 */
export const STEP_DAYS = 3;
/** Minimum weekday factor for calculating the scale of an error. */
const MIN_SCALE_FACTOR = 0.1;
/** Minimum usual error, relative to the expected amount. */
const MIN_ERROR = 0.01;

const LEVEL_GAINS = [0.05, 0.1, 0.2, 0.35, 0.6];
const TREND_GAINS = [0.05, 0.2];
const SEASON_GAINS = [0, 0.1];
const DAMPINGS = [0.9, 0.97];
/** Gains for the first estimate of the usual error. */
const ROUGH: Omit<Gains, 'level'> = { trend: 0, damping: 0.9, season: 0, proportional: true };
/** All sets of gains that are tried. */
const GAINS: readonly Gains[] = [
  { trend: 0, damping: DAMPINGS[0] },
  ...TREND_GAINS.flatMap(trend => DAMPINGS.map(damping => ({ trend, damping }))),
].flatMap(trend =>
  SEASON_GAINS.flatMap(season => LEVEL_GAINS.map(level => ({ ...trend, level, season, proportional: true }))),
);
/** Gains for series in which only some days have a cost. The level follows the costs slowly. */
const CALM: Gains = { level: LEVEL_GAINS[0], trend: 0, damping: DAMPINGS[0], season: 0, proportional: false };
/** Gains for series of fewer than two weeks. The level stays the mean of all days. */
const STILL: Gains = { ...CALM, level: 0 };
/**
 * Forecast horizons in days. `calculateLoss` adds up the forecast errors at these horizons, and the gains
 * with the lowest sum are chosen.
 */
const AHEAD = [1, 4, 7, 14];
/**
 * Gains count as nearly as good as the best gains if their loss is at most this share above the lowest loss.
 */
const NEARLY = 0.05;
/**
 * Penalty for a first state that has a trend, because the trend is an additional parameter. The penalty is
 * divided by the number of days.
 */
const TREND_PENALTY = 3;

/** Returns the expected amount of the day that is `ahead` days after a state. */
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

/** Returns the change of the level within `days` days, as a multiple of the trend: damping + damping² + … */
function dampedDays(damping: number, days: number): number {
  return days === 1 ? damping : (damping * (1 - damping ** days)) / (1 - damping);
}

/** Returns the state after one more day with the given amount. */
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
  // `Math.min(…)` is the weight of the error. The weight is never above 1, so that a weekday with a large
  // factor does not make the level oscillate.
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
 * Limits a relative error to the interval from `1 / (1 + bound) - 1` to `bound`. For example, a bound of 1
 * allows amounts from half to twice the expected amount.
 */
function clampError(bound: number, error: number): number {
  return Math.max(1 / (1 + bound) - 1, Math.min(bound, error));
}

/** Returns the run of outliers after one more day. A weekday with nearly no cost does not change the run. */
function runAfter(run: Run, factor: number, amount: number, side: number): Run {
  if (factor < MIN_FACTOR) return run;
  if (side === 0) return NO_RUN;
  const before = side === run.side ? run : NO_RUN;
  return { side, days: before.days + 1, sum: before.sum + amount / factor };
}

/** Smooths a series with the gains that fit the series best, and with gains that are nearly as good. */
export function smooth(amounts: readonly number[]): Smoothing {
  // A series of fewer than two weeks is too short to show if outliers repeat, so outliers are clamped.
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

/** Estimates the usual error. It uses the level gain that leads to the smallest errors. */
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
 * Returns the expected amount of a day after the series.
 *
 * @param day number of days after the last one
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
 * Returns the sum of the absolute errors at all horizons in `AHEAD`. Returns Infinity if the sum is above
 * `limit`. The errors are not squared, so that no single day dominates the sum.
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
