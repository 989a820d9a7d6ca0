import { backtest } from './forecast-backtest';
import {
  type DailyCost,
  type Forecast,
  type ForecastAmount,
  type ForecastRange,
  type ForecastTrend,
  type WeekdayCost,
  WEEKDAYS,
} from './forecast-report';
import { smooth, type Smoothing, STEP_DAYS } from './holt-winters';
import { DAYS_OF_WEEK, hasSeason, MIN_FACTOR, OUTLIER_ERRORS } from './holt-winters-start';
import { type Simulations, simulate, type Outlook } from './simulations';
import { mean, slopeOf } from './statistics';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { addNamed, type NamedCounts } from '../../lambda/rollup/usage-sums';
import { addUtcDays, startOfDay } from '../../lambda/rollup/utc-day';
import { ReportArgumentError } from '../errors';
import { atLeastNotes } from '../figures/cost-notes';
import { boundFields } from '../figures/figures';

/** Maximum number of days in a history. Older days are hardly useful for a forecast. */
export const MAX_HISTORY_DAYS = 400;
/** Maximum number of days in a forecast. Forecasts of later days are not meaningful. */
export const MAX_FORECAST_DAYS = 365;
/** Minimum number of days in a history. Seven days contain each weekday once. */
const MIN_DAYS = DAYS_OF_WEEK;
const MIN_COSTLY_DAYS = 4;
const SIMULATIONS = 2000;
/**
 * Limit for outliers with a low cost. With 0.9, a day is an outlier if its cost is less than 10 % of the
 * expected cost.
 */
const MISSING_SHARE = 0.9;
const TREND_DAYS = 4 * DAYS_OF_WEEK;

const INTERVALS = `intervals from ${SIMULATIONS} simulations with past errors`;
const METHOD = {
  none: 'none',
  mean: `Mean of the days, without weekday pattern and trend, because there are fewer than two complete weeks; ${INTERVALS}.`,
  slow: `Slow mean with a weekday pattern and without trend, because only some days have a cost; ${INTERVALS}.`,
  smoothed: `Damped Holt-Winters smoothing with a weekday pattern, robust against outliers, with the mean of the settings that fit the history best; ${INTERVALS}.`,
} as const;

/**
 * Validates the number of days in a history and in a forecast.
 *
 * @throws ReportArgumentError if a number is not whole, too low or too high
 */
export function requireForecastDays(historyDays: number, forecastDays: number): void {
  for (const [argument, value, max] of [
    ['historyDays', historyDays, MAX_HISTORY_DAYS],
    ['forecastDays', forecastDays, MAX_FORECAST_DAYS],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > max) {
      throw new ReportArgumentError({ code: 'not-a-whole-number', argument, value, min: 1, max });
    }
  }
}

/**
 * Forecasts the cost of the days after `history`. The same history always gives the same forecast.
 *
 * @param history consecutive days, including days without a cost
 * @throws ReportArgumentError if the number of days is invalid
 * @throws RangeError if the days are not consecutive, or if a cost is negative
 */
export function forecastOf(history: readonly DailyCost[], forecastDays: number): Forecast {
  const incomplete = history.findIndex(({ complete }) => complete === false);
  const completeDays = incomplete < 0 ? history : history.slice(0, incomplete);
  requireForecastDays(Math.max(1, completeDays.length), forecastDays);
  requireConsecutive(completeDays);
  const first = completeDays.findIndex(({ picoUsd }) => picoUsd > 0n);
  const days = first < 0 ? [] : completeDays.slice(first);
  const { atLeast, ...doubts } = sumDoubts(first < 0 ? completeDays : days);
  const { unpriced } = doubts;
  const head = { daysNeeded: MIN_DAYS, historyDays: days.length, forecastDays, atLeast, ...doubts };
  const reason = explainTooLittle(completeDays, days, unpriced);
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

  const unit = findUnit(days);
  const amounts = days.map(({ picoUsd }) => Number(picoUsd) / unit);
  const smoothing = smooth(amounts);
  const simulations = simulate(smoothing, forecastDays, SIMULATIONS);
  const season = hasSeason(days.length);
  const tested = backtest(amounts, amount => toPico(amount, unit));
  return {
    status: 'ok',
    ...head,
    method: !season ? METHOD.mean : isPlain(smoothing) ? METHOD.slow : METHOD.smoothed,
    ...toForecastDays(simulations, addUtcDays(days[0].day, days.length), unit),
    ...(season && { trend: findTrend(smoothing, amounts, unit) }),
    weekdays: season ? weekdayCosts(smoothing, days[0].day, unit) : [],
    ...(tested && { backtest: tested }),
    extraordinaryDays: findOutliers(smoothing).map(index => days[index].day),
    warnings: findWarnings({
      ignored: first,
      history: days.length,
      forecastDays,
      doubts,
      relativeError: tested?.relativeError,
      smoothing,
    }),
  };
}

/** Adds up the numbers of invocations whose cost is unknown or a lower bound. */
function sumDoubts(
  days: readonly DailyCost[],
): Pick<Forecast, 'atLeast' | 'unpriced' | 'lowerBound' | 'reasons'> {
  let reasons: NamedCounts | undefined;
  for (const day of days) if (day.reasons) reasons = addNamed(reasons, Object.entries(day.reasons));
  const unpriced = days.reduce((sum, day) => sum + day.unpriced, 0);
  const lowerBound = days.reduce((sum, day) => sum + (day.lowerBound ?? 0), 0);
  return { atLeast: unpriced + lowerBound > 0, unpriced, ...boundFields({ lowerBound, reasons }) };
}

function requireConsecutive(history: readonly DailyCost[]): void {
  history.forEach(({ day, picoUsd }, index) => {
    const expected = index === 0 ? day : addUtcDays(history[index - 1].day, 1);
    if (day !== expected) {
      throw new RangeError(
        `the days of a history must be consecutive, got: ${day} after ${history[index - 1].day}. A day ` +
          'without calls has a cost of 0',
      );
    }
    if (picoUsd < 0n) {
      throw new RangeError(`the cost of a day must be 0 or more, got: ${picoUsd} pico-dollars on ${day}`);
    }
  });
}

/**
 * Returns the reason why a history is too short for a forecast. If the history is long enough, returns
 * undefined.
 *
 * @param days complete days from the first day with a cost
 */
function explainTooLittle(
  completeDays: readonly DailyCost[],
  days: readonly DailyCost[],
  unpriced: number,
): string | undefined {
  const needed =
    `A forecast needs at least ${MIN_DAYS} complete days from the first day with a cost, of which ` +
    `${MIN_COSTLY_DAYS} have a cost.`;
  if (days.length === 0) {
    const calls =
      unpriced > 0 ? `, and ${plural(unpriced, 'call')} ${unpriced === 1 ? 'is' : 'are'} unpriced` : '';
    return completeDays.length === 0
      ? `The history has no complete day. ${needed}`
      : `The history has ${plural(completeDays.length, 'day')} without a cost${calls}. ${needed}`;
  }
  if (days.length < MIN_DAYS) {
    return (
      `The history has ${plural(days.length, 'complete day')} since ${days[0].day}, the first day with a ` +
      `cost. ${needed}`
    );
  }
  const costly = days.filter(({ picoUsd }) => picoUsd > 0n).length;
  if (costly < MIN_COSTLY_DAYS) {
    return (
      `Only ${costly} of the ${days.length} days since ${days[0].day}, the first day with a cost, have a ` +
      `cost. ${needed}`
    );
  }
  return undefined;
}

/**
 * Returns the unit for amounts in the smoothing, in pico-dollars. It is the mean daily cost of the last four
 * weeks. If this mean is 0, it is the mean of all days.
 */
function findUnit(days: readonly DailyCost[]): number {
  const average = (some: readonly DailyCost[]) =>
    Number(some.reduce((sum, { picoUsd }) => sum + picoUsd, 0n)) / some.length;
  return average(days.slice(-TREND_DAYS)) || average(days);
}

function toPico(amount: number, unit: number): bigint {
  return BigInt(Math.round(amount * unit));
}

function toForecastDays(
  { days, total }: Simulations,
  from: string,
  unit: number,
): Pick<Forecast, 'days' | 'total'> {
  const forecastDays = days.map((outlook, index) => ({
    day: addUtcDays(from, index),
    ...toForecastAmount(outlook, unit),
  }));
  const picoUsd = forecastDays.reduce((sum, day) => sum + day.picoUsd, 0n);
  return {
    days: forecastDays,
    total: { ...toForecastAmount(total, unit), picoUsd, usd: picoToDecimalString(picoUsd) },
  };
}

function toForecastAmount({ amount, low80, high80, low95, high95 }: Outlook, unit: number): ForecastAmount {
  const picoUsd = toPico(amount, unit);
  return {
    picoUsd,
    usd: picoToDecimalString(picoUsd),
    range80: toForecastRange(low80, high80, unit),
    range95: toForecastRange(low95, high95, unit),
  };
}

function toForecastRange(low: number, high: number, unit: number): ForecastRange {
  const [lowPicoUsd, highPicoUsd] = [toPico(low, unit), toPico(high, unit)];
  return {
    lowPicoUsd,
    lowUsd: picoToDecimalString(lowPicoUsd),
    highPicoUsd,
    highUsd: picoToDecimalString(highPicoUsd),
  };
}

function weekdayFactor({ fits }: Smoothing, place: number): number {
  return mean(fits.map(({ state }) => state.factors[place]));
}

function findTrend(smoothing: Smoothing, amounts: readonly number[], unit: number): ForecastTrend {
  const from = Math.max(0, amounts.length - TREND_DAYS);
  const informative = amounts
    .map((amount, at) => ({ at, amount, factor: weekdayFactor(smoothing, at % DAYS_OF_WEEK) }))
    .slice(from)
    .filter(({ factor }) => factor >= MIN_FACTOR);
  const { direction, perDay, perWeek } = slopeOf(
    informative.map(({ at, amount, factor }) => ({ at, amount: amount / factor })),
  );
  const perDayPicoUsd = toPico(perDay, unit);
  return {
    direction,
    days: amounts.length - from,
    perDayPicoUsd,
    perDayUsd: picoToDecimalString(perDayPicoUsd),
    perWeek,
  };
}

function weekdayCosts(smoothing: Smoothing, firstDay: string, unit: number): WeekdayCost[] {
  // Index of `firstDay` in `WEEKDAYS`, which begins with Monday. `getUTCDay` returns 0 for Sunday.
  const firstPlace = (startOfDay(firstDay).getUTCDay() + 6) % DAYS_OF_WEEK;
  const level = mean(smoothing.fits.map(({ state }) => state.level));
  return WEEKDAYS.map((weekday, index) => {
    const factor = weekdayFactor(smoothing, (index - firstPlace + DAYS_OF_WEEK) % DAYS_OF_WEEK);
    const usualPicoUsd = toPico(level * factor, unit);
    return { weekday, factor, usualPicoUsd, usualUsd: picoToDecimalString(usualPicoUsd) };
  });
}

/**
 * Returns the indexes of days that are outliers in most fits. Days in `steps` are excluded, because they
 * belong to a lasting change of the cost.
 */
function findOutliers({ days, fits, usualError }: Smoothing): number[] {
  const isOutlier = (error: number) => error > OUTLIER_ERRORS * usualError || error < -MISSING_SHARE;
  return Array.from({ length: days }, (_, day) => day).filter(day =>
    holdsForMost(
      fits,
      ({ errors, gains, steps }) => gains.proportional && isOutlier(errors[day]) && !steps.has(day),
    ),
  );
}

function isPlain({ fits }: Smoothing): boolean {
  return fits.every(({ gains }) => !gains.proportional);
}

function holdsForMost<T>(values: readonly T[], holds: (value: T) => boolean): boolean {
  return 2 * values.filter(holds).length > values.length;
}

interface WarningInput {
  /** Number of days at the start of the history that the forecast ignores, because they have no cost. */
  readonly ignored: number;
  readonly history: number;
  readonly forecastDays: number;
  /** Numbers of invocations whose cost is unknown or a lower bound. */
  readonly doubts: Pick<Forecast, 'unpriced' | 'lowerBound' | 'reasons'>;
  readonly relativeError?: number;
  readonly smoothing: Smoothing;
}

function findWarnings({
  ignored,
  history,
  forecastDays,
  doubts: { unpriced, ...doubts },
  relativeError = 0,
  smoothing: { fits },
}: WarningInput): string[] {
  const endsWithOutliers = holdsForMost(fits, ({ state: { run } }) => run.days > 0 && run.days < STEP_DAYS);
  const warnings: readonly [boolean, string][] = [
    [
      unpriced > 0,
      `${plural(unpriced, 'call')} of the history ${unpriced === 1 ? 'is' : 'are'} unpriced, so the true amounts are higher.`,
    ],
    ...atLeastNotes(doubts, 'History, at least').map((text): [boolean, string] => [true, text]),
    [
      ignored > 0,
      `The history omits the first ${ignored === 1 ? 'day, which has' : `${ignored} days, which have`} no cost.`,
    ],
    [
      !hasSeason(history),
      `With fewer than ${2 * DAYS_OF_WEEK} days of history there is no weekday pattern and no trend: all days ` +
        'have the same forecast.',
    ],
    [
      forecastDays > history,
      `The forecast of ${plural(forecastDays, 'day')} is longer than its history of ` +
        `${plural(history, 'day')}.`,
    ],
    [
      relativeError > 1,
      'In the backtest, the baseline (same weekday one week before) was better than this method.',
    ],
    [
      endsWithOutliers,
      `The last days are outliers. The forecast follows them if there are ${STEP_DAYS} in a row.`,
    ],
  ];
  return warnings.flatMap(([holds, text]) => (holds ? [text] : []));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
