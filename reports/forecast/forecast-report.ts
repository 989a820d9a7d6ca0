import type { ReportHead } from '../results';

/** Cost of one day. */
export interface DailyCost {
  /** Calendar day: `2026-11-22`. */
  readonly day: string;
  /** Cost in pico-dollars. */
  readonly picoUsd: bigint;
  /** Number of unpriced invocations. */
  readonly unpriced: number;
  /**
   * True if the day is over. The forecast begins with the first incomplete day.
   *
   * @default true
   */
  readonly complete?: boolean;
}

/** Prediction interval of an amount. */
export interface ForecastRange {
  readonly lowPicoUsd: bigint;
  readonly lowUsd: string;
  readonly highPicoUsd: bigint;
  readonly highUsd: string;
}

/** Forecast amount. It is an estimate, so its last digits are not significant. */
export interface ForecastAmount {
  readonly picoUsd: bigint;
  /** Amount as a decimal of US dollars. */
  readonly usd: string;
  /** Prediction intervals of 80 % and 95 %. */
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

/** Usual cost of a weekday. */
export interface WeekdayCost {
  readonly weekday: (typeof WEEKDAYS)[number];
  /** Cost as a multiple of an average day: 1 is average, 0 means no cost. */
  readonly factor: number;
  readonly usualPicoUsd: bigint;
  readonly usualUsd: string;
}

/** Trend of the cost of the last days, without the weekday pattern. */
export interface ForecastTrend {
  /** Direction of the trend. Also `flat` if the trend is not significant. */
  readonly direction: 'rising' | 'falling' | 'flat';
  /** Number of days of the trend, at most 28. */
  readonly days: number;
  /** Change of the cost from one day to the next. Negative for a falling trend. */
  readonly perDayPicoUsd: bigint;
  readonly perDayUsd: string;
  /** Change in a week, as a share of the usual cost: 0.05 is 5 %. */
  readonly perWeek: number;
}

/** Accuracy of the method on the last weeks. Each week is forecast from only the days before it. */
export interface Backtest {
  readonly weeks: number;
  /** Mean absolute error of the daily forecasts, in pico-dollars. */
  readonly errorPicoUsd: bigint;
  readonly errorUsd: string;
  /** Mean absolute error of the baseline, which repeats the cost of the same weekday one week before. */
  readonly naiveErrorPicoUsd: bigint;
  readonly naiveErrorUsd: string;
  /**
   * Error divided by that of the baseline. Below 1, the method is better. Undefined if the baseline has no
   * error.
   */
  readonly relativeError?: number;
  /** Share of the days within the 80 % and 95 % intervals. Undefined for fewer than four weeks. */
  readonly coverage80?: number;
  readonly coverage95?: number;
}

/** Forecast of costs, or the reason for its absence. */
export interface Forecast {
  readonly status: 'ok' | 'too-little-history';
  /** Reason for the absence of a forecast, as a sentence. */
  readonly reason?: string;
  /** Minimum days of history for a forecast. */
  readonly daysNeeded: number;
  /** Days of history, from the first day with a cost. */
  readonly historyDays: number;
  readonly forecastDays: number;
  /** Description of the method, as a sentence. */
  readonly method: string;
  /** Empty if there is no forecast. */
  readonly days: readonly ForecastDay[];
  /**
   * Total of all days. Its intervals are narrower than the sums of the intervals of the days, because not all
   * days are expensive at once.
   */
  readonly total?: ForecastAmount;
  /** Undefined for fewer than two weeks of history. */
  readonly trend?: ForecastTrend;
  /** Weekdays from Monday on. Empty for fewer than two weeks of history. */
  readonly weekdays: readonly WeekdayCost[];
  /** Undefined for fewer than three weeks of history. */
  readonly backtest?: Backtest;
  /**
   * Outliers: days with a much higher cost than expected, or nearly no cost. They widen only the intervals.
   */
  readonly extraordinaryDays: readonly string[];
  /** True if the history excludes the cost of unpriced invocations, so that the true amounts are higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations in the history. */
  readonly unpriced: number;
  /** Warnings about the forecast, each a sentence. */
  readonly warnings: readonly string[];
}

/** Forecast of the cost of the next days. */
export interface ForecastReport extends ReportHead, Forecast {}
