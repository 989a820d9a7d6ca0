import type { ReportHead } from '../results';

/** Cost of one day. */
export interface DailyCost {
  /** Calendar day, such as `2026-11-22`. */
  readonly day: string;
  /** Cost in pico-dollars. */
  readonly picoUsd: bigint;
  /** Number of unpriced invocations. */
  readonly unpriced: number;
  /** Number of invocations whose true cost may be higher. Default: 0. */
  readonly lowerBound?: number;
  /** Number of invocations for each reason why their cost is a lower bound. Default: none. */
  readonly reasons?: Readonly<Record<string, number>>;
  /**
   * True if the day is over. The forecast begins with the first incomplete day.
   *
   * @default true
   */
  readonly complete?: boolean;
}

/** Lower and upper limit of a prediction interval, in pico-dollars and in US dollars. */
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
   * Usual cost of this weekday divided by the cost of an average day. For example, 2 means twice the average
   * cost.
   */
  readonly factor: number;
  readonly usualPicoUsd: bigint;
  readonly usualUsd: string;
}

/** Trend of the daily cost at the end of the history. Usual differences between weekdays are removed. */
export interface ForecastTrend {
  /** Direction of the trend. `flat` means that the change is very small or not significant. */
  readonly direction: 'rising' | 'falling' | 'flat';
  /** Number of days from which the trend is calculated, at most 28. */
  readonly days: number;
  /** Change of the cost from one day to the next, in pico-dollars. Negative for a falling trend. */
  readonly perDayPicoUsd: bigint;
  readonly perDayUsd: string;
  /** Change of the cost within a week, relative to the usual cost. For example, 0.05 is 5 %. */
  readonly perWeek: number;
}

/** Accuracy of the forecast method on past weeks. Each week was forecast only from earlier days. */
export interface Backtest {
  readonly weeks: number;
  /** Mean absolute error of the daily forecasts, in pico-dollars. */
  readonly errorPicoUsd: bigint;
  readonly errorUsd: string;
  /**
   * Mean absolute error of a simple forecast (baseline), in pico-dollars. The baseline for a day is the cost
   * of the same weekday in the previous week.
   */
  readonly naiveErrorPicoUsd: bigint;
  readonly naiveErrorUsd: string;
  /**
   * Error of the forecast (`errorUsd`) divided by the error of the baseline (`naiveErrorUsd`). Below 1, the
   * forecast is better than the baseline. Undefined if the error of the baseline is 0.
   */
  readonly relativeError?: number;
  /**
   * Fraction of the tested days with an actual cost within the 80 % interval, from 0 to 1. Undefined if fewer
   * than four weeks were tested.
   */
  readonly coverage80?: number;
  /**
   * Fraction of the tested days with an actual cost within the 95 % interval, from 0 to 1. Undefined if fewer
   * than four weeks were tested.
   */
  readonly coverage95?: number;
}

/** Forecast of costs. If the history is too short, the forecast contains a reason and no amounts. */
export interface Forecast {
  readonly status: 'ok' | 'too-little-history';
  /** Sentence that says why there is no forecast. Undefined if there is a forecast. */
  readonly reason?: string;
  /** Minimum number of days of history for a forecast. */
  readonly daysNeeded: number;
  /** Number of days of history, from the first day with a cost. */
  readonly historyDays: number;
  readonly forecastDays: number;
  /** Description of the method, as a sentence. */
  readonly method: string;
  /** Forecast cost of each of the next days. Empty if there is no forecast. */
  readonly days: readonly ForecastDay[];
  /**
   * Forecast of the total cost of all days. Its intervals are narrower than the sum of the daily intervals,
   * because not all days are expensive at once.
   */
  readonly total?: ForecastAmount;
  /** Trend of the last days of the history. Undefined if the history has fewer than two weeks. */
  readonly trend?: ForecastTrend;
  /** Usual cost of each weekday, from Monday to Sunday. Empty if the history has fewer than two weeks. */
  readonly weekdays: readonly WeekdayCost[];
  /** Accuracy of the method on past weeks. Undefined if the history has fewer than three weeks. */
  readonly backtest?: Backtest;
  /**
   * Days of the history with a cost far above the expected cost or near zero. These days widen the intervals,
   * but hardly change the forecast amounts.
   */
  readonly extraordinaryDays: readonly string[];
  /** True if `unpriced` or `lowerBound` is not 0. The true amounts may then be higher. */
  readonly atLeast: boolean;
  /** Number of unpriced invocations in the history. */
  readonly unpriced: number;
  /** Number of invocations in the history whose true cost may be higher. Absent if 0. */
  readonly lowerBound?: number;
  /** Number of invocations for each reason why their cost is a lower bound. Absent if there are none. */
  readonly reasons?: Readonly<Record<string, number>>;
  /** Warnings about the forecast. Each warning is a sentence. */
  readonly warnings: readonly string[];
}

/** Forecast of the cost of the next days. */
export interface ForecastReport extends ReportHead, Forecast {}
