import type { Backtest } from './forecast-report';
import { smooth } from './holt-winters';
import { DAYS_OF_WEEK } from './holt-winters-start';
import { simulate } from './simulations';
import { mean } from './statistics';
import { picoToDecimalString } from '../../lambda/pricing/pico';

const WEEKS = 8;
/**
 * Minimum number of tested weeks for `coverage80` and `coverage95`. With fewer weeks, these results are not
 * meaningful.
 */
const COVERAGE_WEEKS = 4;
/** Number of simulations of each tested week. 500 simulations are enough for intervals of seven days. */
const SIMULATIONS = 500;

/**
 * Tests the forecast method on the last weeks of a history. Forecasts each of these weeks from earlier days
 * only, and compares the forecast with the actual costs. Returns undefined if the history has fewer than 21
 * days.
 *
 * @param toPico converts an amount to pico-dollars
 */
export function backtest(
  amounts: readonly number[],
  toPico: (amount: number) => bigint,
): Backtest | undefined {
  const weeks = Math.min(WEEKS, Math.floor(amounts.length / DAYS_OF_WEEK) - 2);
  if (weeks < 1) return undefined;
  const days = Array.from({ length: weeks }, (_, week) =>
    backtestWeek(amounts, amounts.length - (week + 1) * DAYS_OF_WEEK),
  ).flat();
  const [error, naiveError] = [mean(days.map(day => day.error)), mean(days.map(day => day.naiveError))];
  const [errorPicoUsd, naiveErrorPicoUsd] = [toPico(error), toPico(naiveError)];
  return {
    weeks,
    errorPicoUsd,
    errorUsd: picoToDecimalString(errorPicoUsd),
    naiveErrorPicoUsd,
    naiveErrorUsd: picoToDecimalString(naiveErrorPicoUsd),
    ...(naiveError > 0 && { relativeError: error / naiveError }),
    ...(weeks >= COVERAGE_WEEKS && {
      coverage80: mean(days.map(day => day.in80)),
      coverage95: mean(days.map(day => day.in95)),
    }),
  };
}

/**
 * Forecasts the seven days from the index `from` in `amounts`. Returns the errors of this forecast for each
 * day.
 */
function backtestWeek(amounts: readonly number[], from: number) {
  const forecast = simulate(smooth(amounts.slice(0, from)), DAYS_OF_WEEK, SIMULATIONS).days;
  return forecast.map(({ amount, low80, high80, low95, high95 }, index) => {
    const actual = amounts[from + index];
    return {
      error: Math.abs(actual - amount),
      naiveError: Math.abs(actual - amounts[from + index - DAYS_OF_WEEK]),
      in80: Number(actual >= low80 && actual <= high80),
      in95: Number(actual >= low95 && actual <= high95),
    };
  });
}
