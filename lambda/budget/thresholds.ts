import type { BudgetStatus } from './budget-status';
import { usdToPico } from '../pricing/pico';

/** Budget, named by its calendar period: one day or one month. */
export type BudgetName = 'daily' | 'monthly';
export type AlertLevel = 'warning' | 'critical';

/** Percentage of a budget at which each alert is sent, e.g. 80 for `warning`. */
export type AlertPercents = Readonly<Record<AlertLevel, number>>;

/** Cost at which an alert is sent, e.g. 80 % of the daily budget. */
export interface Threshold {
  readonly budget: BudgetName;
  readonly level: AlertLevel;
  readonly percent: number;
  /** Cost of the threshold in pico-dollars. A different cost counts as a new threshold. */
  readonly picoUsd: bigint;
}

/** Highest threshold that a budget has reached, with the cost and the budget. */
export interface Crossing extends Threshold {
  readonly spentUsd: number;
  readonly budgetUsd: number;
  readonly usedPercent: number;
  /** Lower thresholds of the same budget. If this threshold is reported, they are also marked as reported. */
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
 * Returns `percent` of a budget in pico-dollars. Rounds up, so that a lower cost never reaches the threshold.
 */
function toPicoShare(budgetUsd: number, percent: number): bigint {
  const scaled = usdToPico(budgetUsd) * usdToPico(percent);
  const divisor = HUNDRED * usdToPico(1);
  return (scaled + divisor - 1n) / divisor;
}
