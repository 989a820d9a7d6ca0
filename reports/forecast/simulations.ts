import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { after, expected, expectedAhead, type Fit, type Smoothing } from './holt-winters';
import { DAYS_OF_WEEK, MIN_FACTOR, type State } from './holt-winters-start';

/** Expected amount, with the limits of its 80 % and 95 % intervals. */
export interface Outlook {
  readonly amount: number;
  readonly low80: number;
  readonly high80: number;
  readonly low95: number;
  readonly high95: number;
}

/** Expected amounts of the next days and their intervals, calculated from simulations. */
export interface Simulations {
  readonly days: readonly Outlook[];
  /**
   * Expected total of all days. Its intervals are calculated from the total of each simulation, because the
   * errors of consecutive days are correlated.
   */
  readonly total: Outlook;
}

/** Fixed seed of the random numbers. The same history always gives the same forecast. */
const SEED = 20_261_122;
/** Constant of Silverman's rule. The rule sets the size of the random changes to past errors. */
const BANDWIDTH = 0.9;

/**
 * Simulates the amounts of the next days `count` times, and returns their intervals. Each simulation starts
 * from one of the fits, with random changes. Its daily errors are drawn from past errors.
 */
export function simulate(smoothing: Smoothing, days: number, count: number): Simulations {
  const random = xoroshiro128plus(SEED);
  const draw = () => uniformFloat64(random);
  const amounts = Array.from({ length: days }, () => new Float64Array(count));
  const totals = new Float64Array(count);
  const pools = smoothing.fits.map(toPool);
  for (let simulation = 0; simulation < count; simulation++) {
    simulateDays(smoothing, pools, days, draw).forEach((amount, day) => {
      amounts[day][simulation] = amount;
      totals[simulation] += amount;
    });
  }
  const outlooks = widen(
    amounts.map((simulated, day) => toOutlook(expectedAhead(smoothing, day + 1), simulated)),
  );
  return {
    days: outlooks,
    total: toOutlook(
      outlooks.reduce((sum, { amount }) => sum + amount, 0),
      totals,
    ),
  };
}

/**
 * State and past errors of a fit. Simulations choose their errors at random from the past errors. Errors
 * during a lasting change of the level are excluded.
 */
interface Pool extends Pick<Fit, 'gains' | 'state'> {
  readonly ordinary: readonly number[];
  /** Errors of weekdays with nearly no cost. */
  readonly quiet: readonly number[];
}

function toPool({ gains, state, errors, steps }: Fit): Pool {
  const isQuiet = (day: number) => state.factors[day % DAYS_OF_WEEK] < MIN_FACTOR;
  const errorsOf = (quiet: boolean) => {
    const some = errors.filter((_, day) => isQuiet(day) === quiet && !steps.has(day));
    return some.length > 0 ? some : [0];
  };
  return { gains, state, ordinary: errorsOf(false), quiet: errorsOf(true) };
}

/**
 * Simulates the next days once, and returns the amount of each day.
 *
 * @param draw returns a random number from 0 to 1
 */
function simulateDays(
  { days: past, usualError }: Smoothing,
  pools: readonly Pool[],
  days: number,
  draw: () => number,
): number[] {
  // Returns a random number with mean 0 and standard deviation 1, approximately normally distributed.
  const deviate = () => (draw() + draw() + draw() - 1.5) * 2;
  const { gains, state: last, ordinary, quiet } = pools[Math.floor(draw() * pools.length)];
  const fitted = isEven(last) ? 1 : DAYS_OF_WEEK;
  // Factor that enlarges past errors. Future errors are larger, because the gains were fitted to the past
  // days.
  const widening = Math.sqrt(past / (past - Math.min(fitted, past - 1)));
  const bandwidth = BANDWIDTH * usualError * past ** -0.2;
  let state = perturb(last, gains.proportional ? last.level : 1, usualError, past, deviate);
  return Array.from({ length: days }, (_, day) => {
    const weekday = (past + day) % DAYS_OF_WEEK;
    const { amount, scale } = expected(state, gains, weekday);
    const errors = last.factors[weekday] < MIN_FACTOR ? quiet : ordinary;
    const error = widening * (errors[Math.floor(draw() * errors.length)] + bandwidth * deviate());
    const simulated = Math.max(0, amount + error * scale);
    state = after(state, gains, usualError, weekday, simulated);
    return simulated;
  });
}

/**
 * Changes the level, the trend and the factors of a state at random, because a fit to `days` days is not
 * exact. The changes are smaller for a longer series.
 */
function perturb(
  state: State,
  scale: number,
  usualError: number,
  days: number,
  deviate: () => number,
): State {
  const off = (part: number) => usualError * deviate() * part;
  return {
    level: Math.max(0, state.level + scale * off(days ** -0.5)),
    trend: state.trend + scale * off(Math.sqrt(12) * days ** -1.5),
    factors: isEven(state)
      ? state.factors
      : state.factors.map(factor => Math.max(0, factor * (1 + off(Math.sqrt(DAYS_OF_WEEK / days))))),
    run: state.run,
  };
}

function isEven({ factors }: State): boolean {
  return factors.every(factor => factor === 1);
}

function toOutlook(amount: number, simulated: Float64Array): Outlook {
  simulated.sort();
  const at = (share: number) => simulated[Math.round(share * (simulated.length - 1))];
  return {
    amount,
    low80: Math.min(amount, at(0.1)),
    high80: Math.max(amount, at(0.9)),
    low95: Math.min(amount, at(0.025)),
    high95: Math.max(amount, at(0.975)),
  };
}

/** Widens an interval if the interval of the same weekday in the previous week is wider. */
function widen(days: readonly Outlook[]): Outlook[] {
  const wide: Outlook[] = [];
  for (const [index, { amount, ...limits }] of days.entries()) {
    const before = wide[index - DAYS_OF_WEEK] ?? { amount, ...limits };
    const low = (limit: 'low80' | 'low95') =>
      Math.max(0, Math.min(limits[limit], amount - (before.amount - before[limit])));
    const high = (limit: 'high80' | 'high95') =>
      Math.max(limits[limit], amount + (before[limit] - before.amount));
    wide.push({
      amount,
      low80: low('low80'),
      high80: high('high80'),
      low95: low('low95'),
      high95: high('high95'),
    });
  }
  return wide;
}
