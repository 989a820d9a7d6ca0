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
/**
 * Growth of the cost over 30 days. Its latest value is the sum. An hour without invocations adds nothing.
 */
const GROWTH = 'RUNNING_SUM(FILL(cost, 0))';
const DAY = Duration.days(1);

/**
 * Creates the widget on budgets: the cost of the last 30 days, and the share of each budget in per cent. Each
 * value has a line that shows the course of 30 days.
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
    metrics: [last30Days(options), ...month(options), ...day(options)],
  });
}

function titleOf({ dailyBudget, monthlyBudget, budgetGauges }: BudgetWidgetOptions): string {
  const spans = [
    ...(monthlyBudget === undefined ? [] : [budgetGauges ? 'this month' : 'last 30 days']),
    ...(dailyBudget === undefined ? [] : ['today']),
  ];
  return spans.length === 0 ? 'Cost, last 30 days' : `Budget utilisation: ${spans.join(' and ')}`;
}

function last30Days({ metrics }: BudgetWidgetOptions): cloudwatch.IMetric {
  return new cloudwatch.MathExpression({
    expression: GROWTH,
    usingMetrics: { cost: metrics.metricTotalCost({ period: HOUR }) },
    period: HOUR,
    label: 'Last 30 days, USD',
    color: TOTAL_COLORS[0],
  });
}

function month({ metrics, monthlyBudget, budgetGauges }: BudgetWidgetOptions): cloudwatch.IMetric[] {
  if (budgetGauges) {
    if (monthlyBudget === undefined) {
      return [metrics.metricMonthToDateCost({ period: HOUR, label: 'This month, USD' })];
    }
    const usingMetrics = { month: metrics.metricMonthToDateCost({ period: HOUR }) };
    return [share('month', usingMetrics, monthlyBudget, HOUR, 'This month', 'a month')];
  }
  if (monthlyBudget === undefined) return [];
  const usingMetrics = { cost: metrics.metricTotalCost({ period: HOUR }) };
  return [share(GROWTH, usingMetrics, monthlyBudget, HOUR, 'Last 30 days', 'a month')];
}

function day({ metrics, dailyBudget, budgetGauges }: BudgetWidgetOptions): cloudwatch.IMetric[] {
  if (budgetGauges) {
    if (dailyBudget === undefined) {
      return [metrics.metricDayToDateCost({ period: HOUR, label: 'Today, USD' })];
    }
    const usingMetrics = { day: metrics.metricDayToDateCost({ period: HOUR }) };
    return [share('day', usingMetrics, dailyBudget, HOUR, 'Today', 'a day')];
  }
  if (dailyBudget === undefined) return [];
  // A period of one day starts at midnight UTC. Without `FILL`, a day without invocations would show the cost
  // of an earlier day.
  const usingMetrics = { day: metrics.metricTotalCost({ period: DAY }) };
  return [share('FILL(day, 0)', usingMetrics, dailyBudget, DAY, 'Today (UTC)', 'a day')];
}

/** Returns a cost as a share of a budget, in per cent, e.g. "Today (UTC), % of 10 USD a day". */
function share(
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
