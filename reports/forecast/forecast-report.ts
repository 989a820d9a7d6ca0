import type { ReportHead } from '../results';

/** Cost of one day. */
export interface DailyCost {
  /** Calendar day, such as `2026-11-22`. */
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
  /** 80 % prediction interval. */
  readonly range80: ForecastRange;
  /** 95 % prediction interval. */
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
  /**
   * Usual cost as a multiple of the cost of an average day. For example, 1 means an average cost, and 0 means
   * no cost.
   */
  readonly factor: number;
  readonly usualPicoUsd: bigint;
  readonly usualUsd: string;
}

/** Trend of the cost of the last days, without the weekday pattern. */
export interface ForecastTrend {
  /** Direction of the trend. Also `flat` if the trend is not significant. */
  readonly direction: 'rising' | 'falling' | 'flat';
  /** Number of days from which the trend is calculated, at most 28. */
  readonly days: number;
  /** Change of the cost from one day to the next. Negative for a falling trend. */
  readonly perDayPicoUsd: bigint;
  readonly perDayUsd: string;
  /** Change of the cost within a week, as a share of the usual cost. For example, 0.05 is 5 %. */
  readonly perWeek: number;
}

/** Accuracy of the method on the last weeks. Each week is forecast from only the days before that week. */
export interface Backtest {
  readonly weeks: number;
  /** Mean absolute error of the daily forecasts, in pico-dollars. */
  readonly errorPicoUsd: bigint;
  readonly errorUsd: string;
  /** Mean absolute error of the baseline, which repeats the cost of the same weekday one week before. */
  readonly naiveErrorPicoUsd: bigint;
  readonly naiveErrorUsd: string;
  /**
   * `errorUsd` divided by `naiveErrorUsd`. A value below 1 means that the forecast is better than the
   * baseline. Undefined if the error of the baseline is 0.
   */
  readonly relativeError?: number;
  /** Share of days whose cost is within the 80 % interval. Undefined for fewer than four weeks. */
  readonly coverage80?: number;
  /** Share of days whose cost is within the 95 % interval. Undefined for fewer than four weeks. */
  readonly coverage95?: number;
}

/** Forecast of costs, or the reason for its absence. */
export interface Forecast {
  readonly status: 'ok' | 'too-little-history';
  /** Reason for the absence of a forecast, as a sentence. */
  readonly reason?: string;
  /** Minimum number of days of history for a forecast. */
  readonly daysNeeded: number;
  /** Number of days of history, from the first day with a cost. */
  readonly historyDays: number;
  readonly forecastDays: number;
  /** Description of the method, as a sentence. */
  readonly method: string;
  /** Forecast of each day. Empty if there is no forecast. */
  readonly days: readonly ForecastDay[];
  /**
   * Total of all days. Its intervals are narrower than the sum of the daily intervals, because not all days
   * are expensive at once.
   */
  readonly total?: ForecastAmount;
  /** Undefined for fewer than two weeks of history. */
  readonly trend?: ForecastTrend;
  /** Weekdays from Monday on. Empty for fewer than two weeks of history. */
  readonly weekdays: readonly WeekdayCost[];
  /** Undefined for fewer than three weeks of history. */
  readonly backtest?: Backtest;
  /**
   * Days that cost much more than expected, or almost nothing. These days widen the intervals, but hardly
   * change the expected amounts.
   */
  readonly extraordinaryDays: readonly string[];
  /** True if the history has unpriced invocations. The true amounts are then higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations in the history. */
  readonly unpriced: number;
  /** Warnings about the forecast. Each warning is a sentence. */
  readonly warnings: readonly string[];
}

/** Forecast of the cost of the next days. */
export interface ForecastReport extends ReportHead, Forecast {}
