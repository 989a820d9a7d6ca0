import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graphWidget, HALF, HEIGHT, HOUR, LAST_DAY, QUARTER_HOUR } from './layout';
import {
  ALL_INVOCATIONS,
  ratioOfAll,
  seriesOfPairs,
  type SeriesSource,
  sumByAgent,
  sumOfAll,
} from './series';
import { METRICS } from '../contract';
import { RATIOS } from '../metrics/ratio';
import { numberText } from '../private/token-text';

/** Settings of the six widgets that every dashboard shows. */
export interface CoreWidgetOptions extends SeriesSource {
  readonly dailyBudget?: number;
  readonly monthlyBudget?: number;
  /**
   * True if the budget widget shows the cost of the current day and month, in addition to the last 30 days.
   * The budget alert function publishes the metrics for the day and the month.
   */
  readonly budgetGauges: boolean;
}

const LAST_30_DAYS = '-P30D';
const LAST_30_DAYS_LABEL = 'Last 30 days';
const THIRTY_DAYS = Duration.days(30);
const HOURS_A_DAY = 24;
/** Hours in a month, as on AWS price pages: 365 days × 24 hours ÷ 12 months. */
const HOURS_A_MONTH = 730;

/** Creates the six widgets that every dashboard shows, in the order of the dashboard. */
export function coreWidgets(options: CoreWidgetOptions): cloudwatch.IWidget[] {
  return [
    tokenUsageWidget(options),
    costByAgentWidget(options),
    tokenEfficiencyWidget(options),
    costTrendWidget(options),
    budgetUtilisationWidget(options),
    costPerInvocationWidget(options),
  ];
}

function tokenUsageWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Token usage by agent', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...sumByAgent(options, METRICS.inputTokens, { period: FIVE_MINUTES, id: 'in', labelSuffix: 'input' }),
      ...sumByAgent(options, METRICS.outputTokens, {
        period: FIVE_MINUTES,
        id: 'out',
        labelSuffix: 'output',
      }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function costByAgentWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Cost by agent, last 24 hours, USD', {
    view: cloudwatch.GraphWidgetView.BAR,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    // Shows the sum of the last 24 hours in each bar. Without this setting, a bar shows only the last hour.
    setPeriodToTimeRange: true,
    left: sumByAgent(options, METRICS.totalCost, { period: HOUR, id: 'cost' }),
  });
}

function tokenEfficiencyWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Token efficiency: output ÷ input tokens', {
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      options.metrics.metricTokenEfficiency({ period: QUARTER_HOUR, label: ALL_INVOCATIONS }),
      ...seriesOfPairs(options, METRICS.tokenEfficiency, { period: QUARTER_HOUR }),
    ],
    leftYAxis: { showUnits: false, min: 0 },
  });
}

function costTrendWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  const budgets = [
    ...budgetLine('Daily', options.dailyBudget, HOURS_A_DAY),
    ...budgetLine('Monthly', options.monthlyBudget, HOURS_A_MONTH),
  ];
  return graphWidget('Cost trend: total cost per hour, last 24 hours, USD', {
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    left: [sumOfAll(options, METRICS.totalCost, { period: HOUR, label: 'Cost per hour' })],
    leftAnnotations: budgets.length > 0 ? budgets : undefined,
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

/**
 * Returns a horizontal line for a graph of the cost per hour. The line is at `budget` ÷ `hours`.
 *
 * Returns an empty list if `budget` is undefined or a CDK token. CloudFormation cannot divide a CDK token.
 */
function budgetLine(
  name: string,
  budget: number | undefined,
  hours: number,
): cloudwatch.HorizontalAnnotation[] {
  if (budget === undefined || Token.isUnresolved(budget)) return [];
  return [
    {
      value: budget / hours,
      label: `${name} budget of ${numberText(budget)} USD for all invocations ÷ ${hours} hours`,
    },
  ];
}

function budgetUtilisationWidget({
  metrics,
  dailyBudget,
  monthlyBudget,
  budgetGauges,
}: CoreWidgetOptions): cloudwatch.IWidget {
  const budgets = [
    ...(dailyBudget === undefined ? [] : [`${numberText(dailyBudget)} USD a day`]),
    ...(monthlyBudget === undefined ? [] : [`${numberText(monthlyBudget)} USD a month`]),
  ];
  return new cloudwatch.SingleValueWidget({
    title:
      'Budget utilisation: cost of the last 30 days, ' +
      `USD${budgets.length > 0 ? ` (budget: ${budgets.join(', ')})` : ''}`,
    width: HALF,
    height: HEIGHT,
    period: THIRTY_DAYS,
    start: LAST_30_DAYS,
    // If `budgetGauges` is true, the widget shows the latest value of each metric. The latest value of
    // `TIME_SERIES(SUM(cost))` is the sum of 30 days. If `budgetGauges` is false, the widget shows the sum of
    // 30 days.
    setPeriodToTimeRange: !budgetGauges,
    metrics: budgetGauges
      ? [
          new cloudwatch.MathExpression({
            expression: 'TIME_SERIES(SUM(cost))',
            usingMetrics: { cost: metrics.metricTotalCost({ period: HOUR }) },
            period: HOUR,
            label: LAST_30_DAYS_LABEL,
          }),
          metrics.metricDayToDateCost({ period: HOUR, label: 'Today' }),
          metrics.metricMonthToDateCost({ period: HOUR, label: 'This month' }),
        ]
      : [metrics.metricTotalCost({ period: THIRTY_DAYS, label: LAST_30_DAYS_LABEL })],
  });
}

function costPerInvocationWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Cost per invocation, USD', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [ratioOfAll(options, RATIOS.costPerInvocation, FIVE_MINUTES)],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}
