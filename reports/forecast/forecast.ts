import { backtestOf } from './forecast-backtest';
import {
  type DailyCost,
  type Forecast,
  type ForecastAmount,
  type ForecastRange,
  type ForecastTrend,
  type WeekdayCost,
  WEEKDAYS,
} from './forecast-report';
import { slopeOf } from './forecast-trend';
import { smooth, type Smoothing, STEP_DAYS } from './holt-winters';
import { DAYS_OF_WEEK, EXTRAORDINARY, hasSeason, TELLING_FACTOR } from './holt-winters-start';
import { type Simulations, simulate, type Outlook } from './simulations';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { mean } from '../figures/statistics';

export * from './forecast-report';

/** A forecast from more than a year ago, or for more than a year, is none. */
export const MAX_HISTORY_DAYS = 400;
export const MAX_FORECAST_DAYS = 365;
/** A day of each weekday, and costs on more than a few of them. */
const LEAST_DAYS = DAYS_OF_WEEK;
const LEAST_COSTLY_DAYS = 4;
const SIMULATIONS = 2000;
/** What is missing on a day, as a share of what was expected, that is named as extraordinary. */
const NEXT_TO_NOTHING = 0.9;
const TREND_DAYS = 4 * DAYS_OF_WEEK;

const RANGES = `ranges from ${SIMULATIONS} futures that are drawn from the past errors`;
const METHOD = {
  none: 'none',
  mean: `The mean of the days, without weekdays and trend, as there are fewer than two whole weeks; ${RANGES}.`,
  slow: `A slow mean with a factor for each weekday and without trend, as there is a cost on some days only; ${RANGES}.`,
  smoothed:
    'Damped Holt-Winters smoothing with a factor for each weekday, robust against extraordinary days, by the mean of the settings that would' +
    ` have foreseen the history best; ${RANGES}.`,
} as const;

/**
 * Days that a forecast may be asked for.
 *
 * @throws RangeError for what is no whole number, or too few or too many days
 */
export function requireForecastDays(historyDays: number, forecastDays: number): void {
  for (const [name, value, most] of [
    ['historyDays', historyDays, MAX_HISTORY_DAYS],
    ['forecastDays', forecastDays, MAX_FORECAST_DAYS],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new RangeError(`${name} must be a whole number of days from 1 to ${most}, got: ${value}`);
    }
  }
}

/**
 * What the days after a history are expected to cost. It is an estimate,
 * and computed in plain numbers; the same history gives the same.
 *
 * @param history days that follow each other, those without calls too
 * @throws RangeError for days that do not follow each other,
 * a negative cost, or as {@link requireForecastDays}
 */
export function forecastOf(history: readonly DailyCost[], forecastDays: number): Forecast {
  const over = history.findIndex(({ complete }) => complete === false);
  const whole = over < 0 ? history : history.slice(0, over);
  requireForecastDays(Math.max(1, whole.length), forecastDays);
  requireConsecutive(whole);
  const first = whole.findIndex(({ picoUsd }) => picoUsd > 0n);
  const days = first < 0 ? [] : whole.slice(first);
  const unpriced = (first < 0 ? whole : days).reduce((sum, day) => sum + day.unpriced, 0);
  const head = {
    daysNeeded: LEAST_DAYS,
    historyDays: days.length,
    forecastDays,
    atLeast: unpriced > 0,
    unpriced,
  };
  const reason = reasonAgainst(whole, days, unpriced);
  if (reason) {
    return {
      status: 'too-little-history',
      reason,
      ...head,
      method: METHOD.none,
      days: [],
      weekdays: [],
      extraordinaryDays: [],
      warnings: [],
    };
  }

  const unit = unitOf(days);
  const amounts = days.map(({ picoUsd }) => Number(picoUsd) / unit);
  const smoothing = smooth(amounts);
  const futures = simulate(smoothing, forecastDays, SIMULATIONS);
  const season = hasSeason(days.length);
  const backtest = backtestOf(amounts, amount => picoOf(amount, unit));
  return {
    status: 'ok',
    ...head,
    method: !season ? METHOD.mean : isPlain(smoothing) ? METHOD.slow : METHOD.smoothed,
    ...amountsOf(futures, addUtcDays(days[0].day, days.length), unit),
    ...(season && { trend: trendOf(smoothing, amounts, unit) }),
    weekdays: season ? weekdaysOf(smoothing, days[0].day, unit) : [],
    ...(backtest && { backtest }),
    extraordinaryDays: extraordinaryOf(smoothing).map(index => days[index].day),
    warnings: warningsOf({
      ignored: first,
      history: days.length,
      forecastDays,
      unpriced,
      relativeError: backtest?.relativeError,
      smoothing,
    }),
  };
}

function requireConsecutive(history: readonly DailyCost[]): void {
  history.forEach(({ day, picoUsd }, index) => {
    const expected = index === 0 ? day : addUtcDays(history[index - 1].day, 1);
    if (day !== expected) {
      throw new RangeError(
        `the days of a history must follow each other, got: ${day} after ${history[index - 1].day}; ` +
          'a day without calls has a cost of 0',
      );
    }
    if (picoUsd < 0n) {
      throw new RangeError(`a day's cost must not be negative, got: ${picoUsd} pico-dollars on ${day}`);
    }
  });
}

function reasonAgainst(
  whole: readonly DailyCost[],
  days: readonly DailyCost[],
  unpriced: number,
): string | undefined {
  const needed =
    `a forecast needs at least ${LEAST_DAYS} whole days from the first one with a cost on, and a cost ` +
    `on ${LEAST_COSTLY_DAYS} of them`;
  if (days.length === 0) {
    const calls =
      unpriced > 0 ? `, though there are ${plural(unpriced, 'call')} whose cost is not known` : '';
    return whole.length === 0
      ? `There is no whole day of history; ${needed}.`
      : `None of the ${plural(whole.length, 'day')} of history has a cost${calls}; ${needed}.`;
  }
  const since = `since ${days[0].day}, the first one with a cost`;
  if (days.length < LEAST_DAYS) {
    return (
      `There ${days.length === 1 ? 'is' : 'are'} ${plural(days.length, 'whole day')} ${since}; ` +
      `${needed}.`
    );
  }
  const costly = days.filter(({ picoUsd }) => picoUsd > 0n).length;
  if (costly < LEAST_COSTLY_DAYS) {
    return `Only ${costly} of the ${days.length} days ${since}, have one; ${needed}.`;
  }
  return undefined;
}

/** What is 1 to the smoothing: an average day of the last four weeks, or of all if those had no cost. */
function unitOf(days: readonly DailyCost[]): number {
  const average = (some: readonly DailyCost[]) =>
    Number(some.reduce((sum, { picoUsd }) => sum + picoUsd, 0n)) / some.length;
  return average(days.slice(-TREND_DAYS)) || average(days);
}

function picoOf(amount: number, unit: number): bigint {
  return BigInt(Math.round(amount * unit));
}

function amountsOf(
  { days, total }: Simulations,
  from: string,
  unit: number,
): Pick<Forecast, 'days' | 'total'> {
  const forecastDays = days.map((outlook, index) => ({
    day: addUtcDays(from, index),
    ...amountOf(outlook, unit),
  }));
  const picoUsd = forecastDays.reduce((sum, day) => sum + day.picoUsd, 0n);
  return {
    days: forecastDays,
    total: { ...amountOf(total, unit), picoUsd, usd: picoToDecimalString(picoUsd) },
  };
}

function amountOf({ amount, low80, high80, low95, high95 }: Outlook, unit: number): ForecastAmount {
  const picoUsd = picoOf(amount, unit);
  return {
    picoUsd,
    usd: picoToDecimalString(picoUsd),
    range80: rangeOf(low80, high80, unit),
    range95: rangeOf(low95, high95, unit),
  };
}

function rangeOf(low: number, high: number, unit: number): ForecastRange {
  const [lowPicoUsd, highPicoUsd] = [picoOf(low, unit), picoOf(high, unit)];
  return {
    lowPicoUsd,
    lowUsd: picoToDecimalString(lowPicoUsd),
    highPicoUsd,
    highUsd: picoToDecimalString(highPicoUsd),
  };
}

function factorOf({ fits }: Smoothing, place: number): number {
  return mean(fits.map(({ state }) => state.factors[place]));
}

function trendOf(smoothing: Smoothing, amounts: readonly number[], unit: number): ForecastTrend {
  const from = Math.max(0, amounts.length - TREND_DAYS);
  const telling = amounts
    .map((amount, at) => ({ at, amount, factor: factorOf(smoothing, at % DAYS_OF_WEEK) }))
    .slice(from)
    .filter(({ factor }) => factor >= TELLING_FACTOR);
  const { direction, perDay, perWeek } = slopeOf(
    telling.map(({ at, amount, factor }) => ({ at, amount: amount / factor })),
  );
  const perDayPicoUsd = picoOf(perDay, unit);
  return {
    direction,
    days: amounts.length - from,
    perDayPicoUsd,
    perDayUsd: picoToDecimalString(perDayPicoUsd),
    perWeek,
  };
}

function weekdaysOf(smoothing: Smoothing, firstDay: string, unit: number): WeekdayCost[] {
  // Sunday is 0 to Date, and 6 here.
  const firstPlace = (startOfDay(firstDay).getUTCDay() + 6) % DAYS_OF_WEEK;
  const level = mean(smoothing.fits.map(({ state }) => state.level));
  return WEEKDAYS.map((weekday, index) => {
    const factor = factorOf(smoothing, (index - firstPlace + DAYS_OF_WEEK) % DAYS_OF_WEEK);
    const usualPicoUsd = picoOf(level * factor, unit);
    return { weekday, factor, usualPicoUsd, usualUsd: picoToDecimalString(usualPicoUsd) };
  });
}

/** Days that most of the fits take for extraordinary, and not for part of a step to another level. */
function extraordinaryOf({ days, fits, usualError }: Smoothing): number[] {
  const isExtraordinary = (error: number) => error > EXTRAORDINARY * usualError || error < -NEXT_TO_NOTHING;
  return Array.from({ length: days }, (_, day) => day).filter(day =>
    isMost(
      fits,
      ({ errors, gains, steps }) => gains.proportional && isExtraordinary(errors[day]) && !steps.has(day),
    ),
  );
}

function isPlain({ fits }: Smoothing): boolean {
  return fits.every(({ gains }) => !gains.proportional);
}

function isMost<T>(values: readonly T[], holds: (value: T) => boolean): boolean {
  return 2 * values.filter(holds).length > values.length;
}

interface Circumstances {
  readonly ignored: number;
  readonly history: number;
  readonly forecastDays: number;
  readonly unpriced: number;
  readonly relativeError?: number;
  readonly smoothing: Smoothing;
}

function warningsOf({
  ignored,
  history,
  forecastDays,
  unpriced,
  relativeError = 0,
  smoothing: { fits },
}: Circumstances): string[] {
  const unsettled = isMost(fits, ({ state: { run } }) => run.days > 0 && run.days < STEP_DAYS);
  const warnings: readonly [boolean, string][] = [
    [
      unpriced > 0,
      `The cost of ${plural(unpriced, 'call')} of the history is not known: the true amounts are more.`,
    ],
    [
      ignored > 0,
      'The first ' +
        `${ignored === 1 ? 'day, which had no cost, was' : `${ignored} days, which had no cost, were`} ` +
        'left out.',
    ],
    [
      !hasSeason(history),
      `With fewer than ${2 * DAYS_OF_WEEK} days of history, weekdays and a trend cannot be told: ` +
        'each day is expected to cost the same.',
    ],
    [
      forecastDays > history,
      `The forecast of ${plural(forecastDays, 'day')} is longer than its history of ` +
        `${plural(history, 'day')}.`,
    ],
    [
      relativeError > 1,
      'In the last weeks, what the same weekday cost a week before was nearer than this method.',
    ],
    [
      unsettled,
      `The last days are out of the ordinary: if that goes on for ${STEP_DAYS} days in a row, the ` +
        'forecast will follow.',
    ],
  ];
  return warnings.flatMap(([holds, text]) => (holds ? [text] : []));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
