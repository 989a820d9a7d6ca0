import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { after, expected, expectedAhead, type Fit, type Smoothing } from './holt-winters';
import { DAYS_OF_WEEK, type State, TELLING_FACTOR } from './holt-winters-start';

/** An expected amount, and between which amounts 80 and 95 of 100 possible ones are. */
export interface Outlook {
  readonly amount: number;
  readonly low80: number;
  readonly high80: number;
  readonly low95: number;
  readonly high95: number;
}

/** What may come: day by day, and all of it. */
export interface Simulations {
  readonly days: readonly Outlook[];
  /**
   * Days that follow each other go wrong together: this is the sum of each future, not of the days' limits.
   */
  readonly total: Outlook;
}

/** The same futures each time that the same is asked. */
const SEED = 20_261_122;
/** The bandwidth of Silverman's rule, for a sample of one. */
const BLUR = 0.9;

/**
 * Plays possible futures: each takes one of the nearly best fits, errs in its level, trend and factors as far
 * as so few days let it, and has errors drawn from the past ones, blurred, which change what it expects of
 * its next days as they would in truth.
 */
export function simulate(smoothing: Smoothing, days: number, count: number): Simulations {
  const random = xoroshiro128plus(SEED);
  const draw = () => uniformFloat64(random);
  const amounts = Array.from({ length: days }, () => new Float64Array(count));
  const totals = new Float64Array(count);
  const pools = smoothing.fits.map(poolOf);
  for (let future = 0; future < count; future++) {
    play(smoothing, pools, days, draw).forEach((amount, day) => {
      amounts[day][future] = amount;
      totals[future] += amount;
    });
  }
  const outlooks = widening(
    amounts.map((possible, day) => outlookOf(expectedAhead(smoothing, day + 1), possible)),
  );
  return {
    days: outlooks,
    total: outlookOf(
      outlooks.reduce((sum, { amount }) => sum + amount, 0),
      totals,
    ),
  };
}

/**
 * A fit, and the errors that may come again: those of weekdays
 * with next to nothing apart, and none of a step to another level.
 */
interface Pool extends Pick<Fit, 'gains' | 'state'> {
  readonly ordinary: readonly number[];
  readonly quiet: readonly number[];
}

function poolOf({ gains, state, errors, steps }: Fit): Pool {
  const isQuiet = (day: number) => state.factors[day % DAYS_OF_WEEK] < TELLING_FACTOR;
  const left = (kind: boolean) => {
    const some = errors.filter((_, day) => isQuiet(day) === kind && !steps.has(day));
    return some.length > 0 ? some : [0];
  };
  return { gains, state, ordinary: left(false), quiet: left(true) };
}

function play(
  { days: past, usualError }: Smoothing,
  pools: readonly Pool[],
  days: number,
  draw: () => number,
): number[] {
  // Of nearly normal distribution, with mean 0 and deviation 1.
  const deviate = () => (draw() + draw() + draw() - 1.5) * 2;
  const { gains, state: last, ordinary, quiet } = pools[Math.floor(draw() * pools.length)];
  const fitted = isEven(last) ? 1 : DAYS_OF_WEEK;
  // What was fitted to the past was nearer to it than it will be to what comes.
  const wider = Math.sqrt(past / (past - Math.min(fitted, past - 1)));
  const blur = BLUR * usualError * past ** -0.2;
  let state = misjudged(last, gains.proportional ? last.level : 1, usualError, past, deviate);
  return Array.from({ length: days }, (_, day) => {
    const weekday = (past + day) % DAYS_OF_WEEK;
    const { amount, scale } = expected(state, gains, weekday);
    const errors = last.factors[weekday] < TELLING_FACTOR ? quiet : ordinary;
    const error = wider * (errors[Math.floor(draw() * errors.length)] + blur * deviate());
    const possible = Math.max(0, amount + error * scale);
    state = after(state, gains, usualError, weekday, possible);
    return possible;
  });
}

/** A state that is as far off as the mean, the slope and the weekdays of so many days may be. */
function misjudged(
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

function outlookOf(amount: number, possible: Float64Array): Outlook {
  possible.sort();
  const at = (share: number) => possible[Math.round(share * (possible.length - 1))];
  return {
    amount,
    low80: Math.min(amount, at(0.1)),
    high80: Math.max(amount, at(0.9)),
    low95: Math.min(amount, at(0.025)),
    high95: Math.max(amount, at(0.975)),
  };
}

/** No day is surer than the same weekday a week before it, whatever the drawn futures happen to say. */
function widening(days: readonly Outlook[]): Outlook[] {
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
