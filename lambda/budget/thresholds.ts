import type { BudgetStatus } from './budget-status';
import { usdToPico } from '../pricing/pico';

/** Name of a budget, which is its calendar period. */
export type BudgetName = 'daily' | 'monthly';
export type AlertLevel = 'warning' | 'critical';

/** Percentages of a budget at which an alert is sent. */
export type AlertPercents = Readonly<Record<AlertLevel, number>>;

/** Share of a budget at which an alert is sent. */
export interface Threshold {
  readonly budget: BudgetName;
  readonly level: AlertLevel;
  readonly percent: number;
  /**
   * Amount of the share in pico-dollars. The amount identifies the threshold, so that a changed budget has
   * new thresholds.
   */
  readonly picoUsd: bigint;
}

/** Highest threshold that a budget has reached. */
export interface Crossing extends Threshold {
  readonly spentUsd: number;
  readonly budgetUsd: number;
  readonly usedPercent: number;
  /**
   * Lower thresholds of the same budget. A message about the highest threshold also counts as a report of the
   * lower thresholds.
   */
  readonly below: readonly Threshold[];
}

const HUNDRED = 100n;

/**
 * Returns the highest reached threshold of each budget. Omits budgets that have reached no threshold.
 * Compares exact amounts, so 79.96 % does not reach a threshold of 80 %.
 */
export function crossingsOf(status: BudgetStatus, percents: AlertPercents): Crossing[] {
  return [
    ...crossingOf(
      'daily',
      status.dayToDateUsd,
      status.dailyBudgetUsd,
      status.dailyBudgetUsedPercent,
      percents,
    ),
    ...crossingOf(
      'monthly',
      status.monthToDateUsd,
      status.monthlyBudgetUsd,
      status.monthlyBudgetUsedPercent,
      percents,
    ),
  ];
}

function crossingOf(
  budget: BudgetName,
  spentUsd: number,
  budgetUsd: number | undefined,
  usedPercent: number | undefined,
  percents: AlertPercents,
): Crossing[] {
  if (budgetUsd === undefined || usedPercent === undefined) return [];
  const [highest, ...below] = (['critical', 'warning'] as const)
    .map(level => ({
      budget,
      level,
      percent: percents[level],
      picoUsd: toPicoShare(budgetUsd, percents[level]),
    }))
    .filter(({ picoUsd }) => usdToPico(spentUsd) >= picoUsd);
  return highest ? [{ ...highest, spentUsd, budgetUsd, usedPercent, below }] : [];
}

/**
 * Returns a percentage of a budget in pico-dollars, rounded up. Rounded down, the threshold would be reached
 * by an amount below the percentage.
 */
function toPicoShare(budgetUsd: number, percent: number): bigint {
  const scaled = usdToPico(budgetUsd) * usdToPico(percent);
  const divisor = HUNDRED * usdToPico(1);
  return (scaled + divisor - 1n) / divisor;
}
