import type { ReportHead } from '../results';

/** What one day cost. */
export interface DailyCost {
  /** A day of the calendar: `2026-11-22`. */
  readonly day: string;
  /** Pico-dollars. */
  readonly picoUsd: bigint;
  /** Calls whose cost is not known. */
  readonly unpriced: number;
  /**
   * Whether the day is over. One that is not is no history: the forecast begins with it.
   *
   * @default true
   */
  readonly complete?: boolean;
}

/** Between which amounts so many of 100 such days, or forecasts, are expected. */
export interface ForecastRange {
  readonly lowPicoUsd: bigint;
  readonly lowUsd: string;
  readonly highPicoUsd: bigint;
  readonly highUsd: string;
}

/** An amount that is expected. It is an estimate: its last digits mean nothing. */
export interface ForecastAmount {
  readonly picoUsd: bigint;
  /** A decimal of US dollars. */
  readonly usd: string;
  /** Where 80 of 100 are expected, and where 95 are. */
  readonly range80: ForecastRange;
  readonly range95: ForecastRange;
}

export interface ForecastDay extends ForecastAmount {
  readonly day: string;
}

export const WEEKDAYS = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;

/** What a weekday usually costs. */
export interface WeekdayCost {
  readonly weekday: (typeof WEEKDAYS)[number];
  /** How much of an average day that is: 1 is as much, 0 nothing. */
  readonly factor: number;
  readonly usualPicoUsd: bigint;
  readonly usualUsd: string;
}

/** Which way the cost of the last days went, weekdays apart. */
export interface ForecastTrend {
  /** `flat` also where it is not to be told from chance. */
  readonly direction: 'rising' | 'falling' | 'flat';
  /** From how many days: the last four weeks. */
  readonly days: number;
  /** By how much a day costs more than the one before it; negative where it falls. */
  readonly perDayPicoUsd: bigint;
  readonly perDayUsd: string;
  /** What that is in a week, as a share of the usual cost: 0.05 is 5 %. */
  readonly perWeek: number;
}

/** How well the same method would have foreseen the last weeks, each from the days before it alone. */
export interface Backtest {
  readonly weeks: number;
  /** By how much a day's forecast was off, on average. */
  readonly errorPicoUsd: bigint;
  readonly errorUsd: string;
  /** The same where each day is taken to cost what it did a week before. */
  readonly naiveErrorPicoUsd: bigint;
  readonly naiveErrorUsd: string;
  /**
   * The one error as a share of the other: below 1 the method
   * is the better one. Undefined where the other is 0.
   */
  readonly relativeError?: number;
  /** Which share of the days was within the limits; undefined for fewer than four weeks. */
  readonly coverage80?: number;
  readonly coverage95?: number;
}

/** A forecast of costs, or why there is none. */
export interface Forecast {
  readonly status: 'ok' | 'too-little-history';
  /** In a sentence, why there is no forecast. */
  readonly reason?: string;
  /** How many days of history there must be at least. */
  readonly daysNeeded: number;
  /** How many days of history there are, from the first one with a cost on. */
  readonly historyDays: number;
  readonly forecastDays: number;
  /** In a sentence, how it was made. */
  readonly method: string;
  /** Empty where there is no forecast. */
  readonly days: readonly ForecastDay[];
  /**
   * Of all the days together. Its ranges are narrower than the sums of theirs: not every day is dear at once.
   */
  readonly total?: ForecastAmount;
  /** Undefined for fewer than two weeks of history. */
  readonly trend?: ForecastTrend;
  /** From Monday on; empty for fewer than two weeks of history. */
  readonly weekdays: readonly WeekdayCost[];
  /** Undefined for fewer than three weeks of history. */
  readonly backtest?: Backtest;
  /**
   * Days that cost far more than expected, or next to nothing: the
   * expected amounts are without such days, their ranges are with them.
   */
  readonly extraordinaryDays: readonly string[];
  /** Calls whose cost is not known are missing in the history: the true amounts are more. */
  readonly atLeast: boolean;
  /** How many calls that are. */
  readonly unpriced: number;
  /** What else is to be known, each in a sentence. */
  readonly warnings: readonly string[];
}

/** What the next days will cost, if they go on as the last ones. */
export interface ForecastReport extends ReportHead, Forecast {}
