/**
 * Damped Holt-Winters smoothing of daily amounts: a level, a trend that fades, and a factor for each day of
 * the week, made robust against extraordinary days. It computes in plain numbers, being an estimate; amounts
 * are such that an average day is near 1.
 */

import {
  DAYS_OF_WEEK,
  evenState,
  EXTRAORDINARY,
  firstStates,
  hasSeason,
  LEAST_LEVEL,
  MEDIAN_PART,
  NO_RUN,
  occasionalState,
  type Run,
  type State,
  TELLING_FACTOR,
  withoutExtraordinary,
} from './holt-winters-start';
import { mean, median } from '../figures/statistics';

/** How fast the smoothing follows what it sees, each 0 to 1. */
export interface Gains {
  /** Share of a day's error that goes into the level. */
  readonly level: number;
  /** Share of that which goes into the trend. */
  readonly trend: number;
  /** What is left of the trend after a day. */
  readonly damping: number;
  /** Share of a day's error that goes into the factor of its weekday. */
  readonly season: number;
  /**
   * Whether errors grow with the amount, and extraordinary days are
   * told apart; else an error is one of the same size on each day.
   */
  readonly proportional: boolean;
}

/** What is expected of a day. */
export interface Expected {
  /** The level by then. */
  readonly level: number;
  readonly amount: number;
  /** What the day's error is relative to. */
  readonly scale: number;
}

/** A series as it was smoothed by one set of gains. */
export interface Fit {
  readonly gains: Gains;
  /** After the last day. */
  readonly state: State;
  /** By how much each day was off from what was expected the day before, in its scale. */
  readonly errors: readonly number[];
  /** Which of the days are part of a step to another level. */
  readonly steps: ReadonlySet<number>;
}

/** A smoothed series. */
export interface Smoothing {
  /** How many days it has. */
  readonly days: number;
  /** By the best gains, and by those that are nearly as good: their mean is the forecast. */
  readonly fits: readonly Fit[];
  /** The standard deviation of relative errors, by their median, so that extraordinary days do not count. */
  readonly usualError: number;
}

/** So many extraordinary days in a row to the same side are no spike but a step: the level becomes theirs. */
export const STEP_DAYS = 3;
/** Errors are relative to the expected amount, but to no less than this share of an average day. */
const LEAST_FACTOR = 0.1;
/** Nothing is more regular than this. */
const LEAST_ERROR = 0.01;

const LEVEL_GAINS = [0.05, 0.1, 0.2, 0.35, 0.6];
const TREND_GAINS = [0.05, 0.2];
const SEASON_GAINS = [0, 0.1];
const DAMPINGS = [0.9, 0.97];
/** By gains like these it is first seen how regular a series is. */
const ROUGH: Omit<Gains, 'level'> = { trend: 0, damping: 0.9, season: 0, proportional: true };
/** All gains that are tried. */
const GAINS: readonly Gains[] = [
  { trend: 0, damping: DAMPINGS[0] },
  ...TREND_GAINS.flatMap(trend => DAMPINGS.map(damping => ({ trend, damping }))),
].flatMap(trend =>
  SEASON_GAINS.flatMap(season => LEVEL_GAINS.map(level => ({ ...trend, level, season, proportional: true }))),
);
/** The gains of a series of which no more than a level can be told: a slow mean. */
const CALM: Gains = { level: LEVEL_GAINS[0], trend: 0, damping: DAMPINGS[0], season: 0, proportional: false };
/** Those of fewer than two weeks, of which the level is that of all days. */
const STILL: Gains = { ...CALM, level: 0 };
/**
 * How many days ahead the errors are by which gains are
 * chosen; where there are three weeks, not in the first.
 */
const AHEAD = [1, 4, 7, 14];
/** Gains are nearly as good whose errors are larger by no more than this share. */
const NEARLY = 0.05;
/**
 * A start with a trend has one more thing that can be wrong: it counts as worse by this, divided by the days.
 */
const TREND_START = 3;

/** What is expected some days after a state. */
export function expected(
  { level, trend, factors }: State,
  { damping, proportional }: Gains,
  weekday: number,
  ahead = 1,
): Expected {
  const then = Math.max(0, level + trend * driftOf(damping, ahead));
  const scale = proportional ? Math.max(then, LEAST_LEVEL) * Math.max(factors[weekday], LEAST_FACTOR) : 1;
  return { level: then, amount: then * factors[weekday], scale };
}

/** How often a day's trend is in the level some days later, fading as it does. */
function driftOf(damping: number, days: number): number {
  return days === 1 ? damping : (damping * (1 - damping ** days)) / (1 - damping);
}

/** What is known after one more day. */
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
  const bounded = gains.proportional ? boundedBy(EXTRAORDINARY * usualError, error) : error;
  const run = runAfter(state.run, factor, amount, Math.sign(error - bounded));
  if (bounded !== error && run.days >= STEP_DAYS) {
    return { level: run.sum / run.days, trend: 0, factors: state.factors, run };
  }
  // A day tells as much of the level as it has of it; above 1 the
  // inverse, or a day with a large factor would make the level swing.
  const ofLevel = bounded * before.scale * Math.min(factor, 1 / Math.max(factor, 1));
  const level = Math.max(0, before.level + gains.level * ofLevel);
  const trend = gains.damping * state.trend + (bounded === error ? gains.level * gains.trend * ofLevel : 0);
  if (gains.season === 0 || before.level < LEAST_LEVEL) return { level, trend, factors: state.factors, run };
  const factors = state.factors.map((one, day) =>
    day === weekday ? Math.max(0, one + (gains.season * bounded * before.scale) / before.level) : one,
  );
  const share = mean(factors);
  return { level: level * share, trend: trend * share, factors: factors.map(one => one / share), run };
}

/**
 * A relative error, as far as it is ordinary. A day is as
 * extraordinary with half of what is expected as with twice as much.
 */
function boundedBy(bound: number, error: number): number {
  return Math.max(1 / (1 + bound) - 1, Math.min(bound, error));
}

/** A weekday on which there is nearly nothing anyway says nothing of a step. */
function runAfter(run: Run, factor: number, amount: number, side: number): Run {
  if (factor < TELLING_FACTOR) return run;
  if (side === 0) return NO_RUN;
  const before = side === run.side ? run : NO_RUN;
  return { side, days: before.days + 1, sum: before.sum + amount / factor };
}

/**
 * Smooths a series of days, by the gains that would have
 * been the best for it and those that are nearly as good.
 */
export function smooth(amounts: readonly number[]): Smoothing {
  // Of an extraordinary day among so few it is not known whether there will be another.
  if (!hasSeason(amounts.length)) return smoothPlainly(withoutExtraordinary(amounts), STILL);
  const occasional = occasionalState(amounts);
  if (occasional) return smoothPlainly(amounts, CALM, occasional);
  const [flat, ...trending] = firstStates(amounts);
  const usualError = usualErrorOf(amounts, flat);
  const tried: (Pick<Fit, 'gains'> & { readonly start: State; readonly loss: number })[] = [];
  let least = Infinity;
  for (const start of [flat, ...trending]) {
    const worse = start === flat ? 1 : 1 + TREND_START / amounts.length;
    for (const gains of GAINS) {
      const loss = worse * lossOf(amounts, start, gains, usualError, (least * (1 + NEARLY)) / worse);
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

/**
 * By the gain that explains most: a calm one is off for long after a step, a lively one runs after chance.
 */
function usualErrorOf(amounts: readonly number[], start: State): number {
  const middles = LEVEL_GAINS.map(level =>
    median(fit(amounts, start, { ...ROUGH, level }, Infinity).errors.map(Math.abs)),
  );
  return Math.max(LEAST_ERROR, Math.min(...middles) / MEDIAN_PART);
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

/** What the smoothing expects of a day after its last. */
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
 * The sum of absolute errors, some days ahead: absolute and not squared, so
 * that no single day decides. It is Infinity for what is beyond a limit.
 */
function lossOf(
  amounts: readonly number[],
  start: State,
  gains: Gains,
  usualError: number,
  limit: number,
): number {
  const from = hasSeason(amounts.length - DAYS_OF_WEEK) ? DAYS_OF_WEEK : 0;
  const drifts = AHEAD.map(days => driftOf(gains.damping, days));
  let state = start;
  let sum = 0;
  for (let day = 0; day < amounts.length && sum <= limit; day++) {
    for (let index = 0; day >= from && index < AHEAD.length; index++) {
      const target = day + AHEAD[index] - 1;
      if (target >= amounts.length) break;
      sum += Math.abs(
        amounts[target] -
          Math.max(0, state.level + state.trend * drifts[index]) * state.factors[target % DAYS_OF_WEEK],
      );
    }
    state = after(state, gains, usualError, day % DAYS_OF_WEEK, amounts[day]);
  }
  return sum <= limit ? sum : Infinity;
}
