import { TZDate } from '@date-fns/tz';
import { startOfDay, startOfMonth, subDays } from 'date-fns';
import { picoToUsdNumber, usdToPico } from '../pricing/pico';

/**
 * Period of the cost series: 15 minutes, in seconds. In every time zone, a day begins at the start of such a
 * period.
 */
export const PERIOD_SECONDS = 900;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERIOD_MS = PERIOD_SECONDS * 1000;
/** Number of earlier days in the mean `usual` of {@link HourlySpend}. */
const USUAL_DAYS = 7;

/** Cost of 15 minutes in US dollars. `time` is the start of these 15 minutes. */
export interface CostPoint {
  readonly time: Date;
  readonly usd: number;
}

/** Start times of the three periods in the budget status: day, month and last 30 days. */
export interface BudgetWindows {
  readonly dayStart: Date;
  readonly monthStart: Date;
  readonly last30DaysStart: Date;
  /** Earliest of the three start times. The cost is read from CloudWatch from this time on. */
  readonly from: Date;
}

/** Cost of the day and of the month, each with its percentage of the budget. */
export interface BudgetStatus {
  readonly timeZone: string;
  readonly dayToDateUsd: number;
  readonly monthToDateUsd: number;
  readonly last30DaysUsd: number;
  readonly dailyBudgetUsd?: number;
  readonly dailyBudgetUsedPercent?: number;
  readonly monthlyBudgetUsd?: number;
  readonly monthlyBudgetUsedPercent?: number;
}

/** Cost of the last hour and the usual cost at this hour, in pico-dollars. */
export interface HourlySpend {
  readonly now: bigint;
  /** Mean cost of the same hour on earlier days. Undefined if the cost series has no earlier days. */
  readonly usual?: bigint;
  /** Number of earlier days from which the mean is calculated. */
  readonly usualDays: number;
}

/** Returns the start of the local day, of the local month and of the last 30 days. */
export function budgetWindows(now: Date, timeZone: string): BudgetWindows {
  const local = new TZDate(now.getTime(), timeZone);
  const dayStart = new Date(startOfDay(local).getTime());
  const monthStart = new Date(startOfMonth(local).getTime());
  const last30DaysStart = new Date(Math.floor(subDays(now, 30).getTime() / PERIOD_MS) * PERIOD_MS);
  const from = new Date(Math.min(monthStart.getTime(), last30DaysStart.getTime()));
  return { dayStart, monthStart, last30DaysStart, from };
}

/** Adds up the cost since each start time in `windows`, and compares the costs with the budgets. */
export function budgetStatus(
  points: readonly CostPoint[],
  windows: BudgetWindows,
  budgets: { readonly timeZone: string; readonly daily?: number; readonly monthly?: number },
): BudgetStatus {
  const since = (start: Date) => picoToUsdNumber(sumBetween(points, start.getTime(), Infinity));
  const dayToDateUsd = since(windows.dayStart);
  const monthToDateUsd = since(windows.monthStart);
  return {
    timeZone: budgets.timeZone,
    dayToDateUsd,
    monthToDateUsd,
    last30DaysUsd: since(windows.last30DaysStart),
    dailyBudgetUsd: budgets.daily,
    dailyBudgetUsedPercent: usedPercent(dayToDateUsd, budgets.daily),
    monthlyBudgetUsd: budgets.monthly,
    monthlyBudgetUsedPercent: usedPercent(monthToDateUsd, budgets.monthly),
  };
}

/**
 * Returns the cost of the last hour, and the mean cost of this hour on the seven previous days. The mean
 * excludes days before the first point.
 *
 * @param points costs of at least the last eight days, if they exist
 */
export function hourlySpend(points: readonly CostPoint[], now: Date): HourlySpend {
  // Start of a quarter-hour, because each point is the cost of a quarter-hour. The period has 60 to 75
  // minutes, and its cost is scaled to one hour.
  const from = Math.floor((now.getTime() - HOUR_MS) / PERIOD_MS) * PERIOD_MS;
  const first = points.reduce((earliest, { time }) => Math.min(earliest, time.getTime()), Infinity);
  const days = Array.from({ length: USUAL_DAYS }, (_, index) => from - (index + 1) * DAY_MS).filter(
    start => first < start + HOUR_MS,
  );
  const usual = days.reduce((sum, start) => sum + sumBetween(points, start, start + HOUR_MS), 0n);
  return {
    now: (sumBetween(points, from, Infinity) * BigInt(HOUR_MS)) / BigInt(now.getTime() - from),
    usual: days.length === 0 ? undefined : usual / BigInt(days.length),
    usualDays: days.length,
  };
}

/** Adds up the points from `start`, inclusive, to `end`, exclusive. Both are epoch milliseconds. */
function sumBetween(points: readonly CostPoint[], start: number, end: number): bigint {
  return points
    .filter(({ time }) => time.getTime() >= start && time.getTime() < end)
    .reduce((sum, { usd }) => sum + usdToPico(usd), 0n);
}

function usedPercent(spent: number, budget: number | undefined): number | undefined {
  return budget === undefined ? undefined : Math.round((spent / budget) * 1000) / 10;
}
