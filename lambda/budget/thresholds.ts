import type { BudgetStatus } from './budget-status';
import { usdToPico } from '../pricing/pico';

/** Which budget, by the calendar that it is cut in. */
export type BudgetName = 'daily' | 'monthly';
export type AlertLevel = 'warning' | 'critical';

/** At what shares of a budget somebody is told, in per cent. */
export type AlertPercents = Readonly<Record<AlertLevel, number>>;

/** A share of a budget at which somebody is told. */
export interface Threshold {
  readonly budget: BudgetName;
  readonly level: AlertLevel;
  readonly percent: number;
  /** The share in money, by which it is known: a changed budget has other thresholds. */
  readonly picoUsd: bigint;
}

/** A budget of which a threshold is reached: the highest is told of, and those below it with it. */
export interface Crossing extends Threshold {
  readonly spentUsd: number;
  readonly budgetUsd: number;
  readonly usedPercent: number;
  readonly below: readonly Threshold[];
}

const HUNDRED = 100n;

/**
 * The budgets of which a threshold is reached, compared
 * exactly: a share that is shown as 80.0 % can be below it.
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
    .map(level => ({ budget, level, percent: percents[level], picoUsd: shareOf(budgetUsd, percents[level]) }))
    .filter(({ picoUsd }) => usdToPico(spentUsd) >= picoUsd);
  return highest ? [{ ...highest, spentUsd, budgetUsd, usedPercent, below }] : [];
}

/** Rounded up, so that nothing below the share reaches it. */
function shareOf(budgetUsd: number, percent: number): bigint {
  const scaled = usdToPico(budgetUsd) * usdToPico(percent);
  const divisor = HUNDRED * usdToPico(1);
  return (scaled + divisor - 1n) / divisor;
}
