import type { Backtest } from './forecast-report';
import { smooth } from './holt-winters';
import { DAYS_OF_WEEK } from './holt-winters-start';
import { simulate } from './simulations';
import { picoToDecimalString } from '../../lambda/pricing/pico';
import { mean } from '../figures/statistics';

const WEEKS = 8;
/** Of fewer days than these weeks have, a share would say nothing. */
const COVERAGE_WEEKS = 4;
/** Enough for the limits of a week. */
const SIMULATIONS = 500;

/**
 * Forecasts each of the last weeks from the days before it alone.
 *
 * @param picoOf makes pico-dollars of an amount
 * @returns undefined where no week has two before it
 */
export function backtestOf(
  amounts: readonly number[],
  picoOf: (amount: number) => bigint,
): Backtest | undefined {
  const weeks = Math.min(WEEKS, Math.floor(amounts.length / DAYS_OF_WEEK) - 2);
  if (weeks < 1) return undefined;
  const days = Array.from({ length: weeks }, (_, week) =>
    backtestWeek(amounts, amounts.length - (week + 1) * DAYS_OF_WEEK),
  ).flat();
  const [error, naiveError] = [mean(days.map(day => day.error)), mean(days.map(day => day.naiveError))];
  const [errorPicoUsd, naiveErrorPicoUsd] = [picoOf(error), picoOf(naiveError)];
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

/** The week from a day on, as it would have been foreseen, and as it was. */
function backtestWeek(amounts: readonly number[], from: number) {
  const foreseen = simulate(smooth(amounts.slice(0, from)), DAYS_OF_WEEK, SIMULATIONS).days;
  return foreseen.map(({ amount, low80, high80, low95, high95 }, index) => {
    const actual = amounts[from + index];
    return {
      error: Math.abs(actual - amount),
      naiveError: Math.abs(actual - amounts[from + index - DAYS_OF_WEEK]),
      in80: Number(actual >= low80 && actual <= high80),
      in95: Number(actual >= low95 && actual <= high95),
    };
  });
}
