import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TOTAL_COLORS } from './colors';
import { HALF, HEIGHT, HOUR } from './layout';
import { LiveValueWidget } from './live-value-widget';
import type { TokenMetrics } from '../metrics/token-metrics';
import { readableNumber } from '../private/token-text';

/** Settings of the widget on budgets. */
export interface BudgetWidgetOptions {
  readonly metrics: TokenMetrics;
  readonly dailyBudget?: number;
  readonly monthlyBudget?: number;
  /**
   * True if the widget shows the cost of the current day and month in the time zone of the budget alert
   * function. The function publishes the metrics for the day and the month.
   */
  readonly budgetGauges: boolean;
}

const LAST_30_DAYS = '-P30D';
/** Running sum of the cost. Its latest value is the sum over 30 days. An hour without invocations adds 0. */
const RUNNING_COST = 'RUNNING_SUM(FILL(cost, 0))';
const DAY = Duration.days(1);

/**
 * Creates the widget on budgets: the cost of the last 30 days, and the share of each budget in per cent. A
 * sparkline below each value shows the last 30 days.
 *
 * Metric math does not know when a month starts. The share of the monthly budget is therefore the cost of the
 * last 30 days ÷ the budget, unless the budget alert function publishes the cost of the month. The share of
 * the daily budget is the cost of the current UTC day ÷ the budget, or the cost that the function publishes.
 */
export function budgetWidget(options: BudgetWidgetOptions): cloudwatch.IWidget {
  return new LiveValueWidget({
    title: titleOf(options),
    width: HALF,
    height: HEIGHT,
    period: HOUR,
    start: LAST_30_DAYS,
    sparkline: true,
    metrics: [costOfLast30Days(options), ...monthMetrics(options), ...dayMetrics(options)],
  });
}

function titleOf({ dailyBudget, monthlyBudget, budgetGauges }: BudgetWidgetOptions): string {
  const spans = [
    ...(monthlyBudget === undefined ? [] : [budgetGauges ? 'this month' : 'last 30 days']),
    ...(dailyBudget === undefined ? [] : ['today']),
  ];
  return spans.length === 0 ? 'Cost, last 30 days' : `Budget utilisation: ${spans.join(' and ')}`;
}

function costOfLast30Days({ metrics }: BudgetWidgetOptions): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: RUNNING_COST,
    usingMetrics: { cost: metrics.metricTotalCost({ period: HOUR }) },
    period: HOUR,
    label: 'Last 30 days, USD',
    color: TOTAL_COLORS[0],
  });
}

/**
 * Returns the cost of the month as a share of the monthly budget. Without a budget, returns the cost that the
 * budget alert function publishes, in US dollars.
 */
function monthMetrics({ metrics, monthlyBudget, budgetGauges }: BudgetWidgetOptions): cloudwatch.IMetric[] {
  if (budgetGauges) {
    if (monthlyBudget === undefined) {
      return [metrics.metricMonthToDateCost({ period: HOUR, label: 'This month, USD' })];
    }
    const usingMetrics = { month: metrics.metricMonthToDateCost({ period: HOUR }) };
    return [shareOfBudget('month', usingMetrics, monthlyBudget, HOUR, 'This month', 'a month')];
  }
  if (monthlyBudget === undefined) return [];
  const usingMetrics = { cost: metrics.metricTotalCost({ period: HOUR }) };
  return [shareOfBudget(RUNNING_COST, usingMetrics, monthlyBudget, HOUR, 'Last 30 days', 'a month')];
}

/**
 * Returns the cost of the day as a share of the daily budget. Without a budget, returns the cost that the
 * budget alert function publishes, in US dollars.
 */
function dayMetrics({ metrics, dailyBudget, budgetGauges }: BudgetWidgetOptions): cloudwatch.IMetric[] {
  if (budgetGauges) {
    if (dailyBudget === undefined) {
      return [metrics.metricDayToDateCost({ period: HOUR, label: 'Today, USD' })];
    }
    const usingMetrics = { day: metrics.metricDayToDateCost({ period: HOUR }) };
    return [shareOfBudget('day', usingMetrics, dailyBudget, HOUR, 'Today', 'a day')];
  }
  if (dailyBudget === undefined) return [];
  // A period of one day starts at midnight UTC. Without `FILL`, a day without invocations would show the cost
  // of an earlier day.
  const usingMetrics = { day: metrics.metricTotalCost({ period: DAY }) };
  return [shareOfBudget('FILL(day, 0)', usingMetrics, dailyBudget, DAY, 'Today (UTC)', 'a day')];
}

/** Returns a cost as a share of a budget, in per cent, e.g. "Today (UTC), % of 10 USD a day". */
function shareOfBudget(
  cost: string,
  usingMetrics: { [id: string]: cloudwatch.IMetric },
  budget: number,
  period: Duration,
  span: string,
  unit: 'a day' | 'a month',
): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: `100 * ${cost} / ${readableNumber(budget)}`,
    usingMetrics,
    period,
    label: `${span}, % of ${readableNumber(budget)} USD ${unit}`,
  });
}
