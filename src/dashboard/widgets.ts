import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { FIVE_MINUTES, graph, HALF, HEIGHT, HOUR, LAST_DAY, QUARTER_HOUR } from './layout';
import { byAgent, eachPair, type SeriesSource, total, totalRatio } from './series';
import { METRICS } from '../contract';
import { RATIOS } from '../metrics/ratio';
import { numberText } from '../private/token-text';

/** What the six widgets are made from. */
export interface CoreWidgetOptions extends SeriesSource {
  readonly dailyBudget?: number;
  readonly monthlyBudget?: number;
  /** Whether the budget alert function publishes its gauges. */
  readonly budgetGauges: boolean;
}

const LAST_30_DAYS = '-P30D';
const LAST_30_DAYS_LABEL = 'Last 30 days';
const THIRTY_DAYS = Duration.days(30);
const HOURS_A_DAY = 24;
/** As AWS's price pages count: 365 days of 24 hours in 12 months. */
const HOURS_A_MONTH = 730;

/** The six widgets, in their order. */
export function coreWidgets(options: CoreWidgetOptions): cloudwatch.IWidget[] {
  return [
    tokenUsage(options),
    costByAgent(options),
    tokenEfficiency(options),
    costTrend(options),
    budgetUtilisation(options),
    costPerInvocation(options),
  ];
}

function tokenUsage(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Token usage by agent', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...byAgent(options, METRICS.inputTokens, { period: FIVE_MINUTES, id: 'in', suffix: 'input' }),
      ...byAgent(options, METRICS.outputTokens, { period: FIVE_MINUTES, id: 'out', suffix: 'output' }),
    ],
    leftYAxis: { label: 'Tokens', showUnits: false, min: 0 },
  });
}

function costByAgent(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Cost by agent, last 24 hours, USD', {
    view: cloudwatch.GraphWidgetView.BAR,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    // One bar for the whole range, and not one for its last hour.
    setPeriodToTimeRange: true,
    left: byAgent(options, METRICS.totalCost, { period: HOUR, id: 'cost', suffix: '' }),
  });
}

function tokenEfficiency(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Token efficiency: output ÷ input tokens', {
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      options.metrics.metricTokenEfficiency({ period: QUARTER_HOUR, label: 'all calls' }),
      ...eachPair(options, METRICS.tokenEfficiency, { period: QUARTER_HOUR, id: 'efficiency', suffix: '' }),
    ],
    leftYAxis: { showUnits: false, min: 0 },
  });
}

function costTrend(options: CoreWidgetOptions): cloudwatch.IWidget {
  const budgets = [
    ...budgetLine('Daily', options.dailyBudget, HOURS_A_DAY),
    ...budgetLine('Monthly', options.monthlyBudget, HOURS_A_MONTH),
  ];
  return graph('Cost trend: total cost per hour, last 24 hours, USD', {
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    left: [total(options, METRICS.totalCost, { period: HOUR, label: 'Cost per hour' })],
    leftAnnotations: budgets.length > 0 ? budgets : undefined,
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

/**
 * A budget as what it allows an hour, spent evenly. CloudFormation
 * cannot divide, so one known only at deployment is not drawn.
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
      label: `${name} budget of ${numberText(budget)} USD for all calls ÷ ${hours} hours`,
    },
  ];
}

function budgetUtilisation({
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
    // One number for the whole range. A gauge's value is its latest,
    // so beside gauges the range is added up by the expression.
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

function costPerInvocation(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Cost per invocation, USD', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [totalRatio(options, RATIOS.costPerInvocation, FIVE_MINUTES)],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}
