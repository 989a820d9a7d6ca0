import { TZDate } from '@date-fns/tz';
import { startOfDay, startOfMonth, subDays } from 'date-fns';
import { picoToUsdNumber, usdToPico } from '../pricing/pico';

/**
 * Every time zone's offset is a multiple of 15 minutes, so a local midnight falls on the edge
 * of such a period; CloudWatch keeps it readable for 63 days (periods of 5 minutes and more).
 */
export const PERIOD_SECONDS = 900;

/** One point of the cost series: the start of its period, and the US dollars in it. */
export interface CostPoint {
  readonly time: Date;
  readonly usd: number;
}

/** The windows that the budget status is made of; all end now. */
export interface BudgetWindows {
  readonly dayStart: Date;
  readonly monthStart: Date;
  readonly last30DaysStart: Date;
  /** The earliest of them: from here the cost series is read. */
  readonly from: Date;
}

/** What was spent, and how much of each budget that is. Nothing acts on it. */
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

/** Calendar day and month in a time zone, and the last 30 days, as instants. */
export function budgetWindows(now: Date, timeZone: string): BudgetWindows {
  const local = new TZDate(now.getTime(), timeZone);
  const dayStart = new Date(startOfDay(local).getTime());
  const monthStart = new Date(startOfMonth(local).getTime());
  const periodMs = PERIOD_SECONDS * 1000;
  const last30DaysStart = new Date(Math.floor(subDays(now, 30).getTime() / periodMs) * periodMs);
  const from = new Date(Math.min(monthStart.getTime(), last30DaysStart.getTime()));
  return { dayStart, monthStart, last30DaysStart, from };
}

/** Adds the cost series up over the windows, to the pico-dollar. */
export function budgetStatus(
  points: readonly CostPoint[],
  windows: BudgetWindows,
  budgets: { readonly timeZone: string; readonly daily?: number; readonly monthly?: number },
): BudgetStatus {
  const since = (start: Date) =>
    picoToUsdNumber(
      points.filter(point => point.time >= start).reduce((sum, point) => sum + usdToPico(point.usd), 0n),
    );
  const dayToDateUsd = since(windows.dayStart);
  const monthToDateUsd = since(windows.monthStart);
  return {
    timeZone: budgets.timeZone,
    dayToDateUsd,
    monthToDateUsd,
    last30DaysUsd: since(windows.last30DaysStart),
    dailyBudgetUsd: budgets.daily,
    dailyBudgetUsedPercent: percent(dayToDateUsd, budgets.daily),
    monthlyBudgetUsd: budgets.monthly,
    monthlyBudgetUsedPercent: percent(monthToDateUsd, budgets.monthly),
  };
}

function percent(spent: number, budget: number | undefined): number | undefined {
  return budget === undefined ? undefined : Math.round((spent / budget) * 1000) / 10;
}
