import { Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { budgetWidget, type BudgetWidgetOptions } from './budget-widget';
import { TOTAL_COLORS } from './colors';
import {
  FIVE_MINUTES,
  graphWidget,
  HOUR,
  LAST_DAY,
  lines,
  MAX_METRICS_A_WIDGET,
  MAX_SEARCHES_A_WIDGET,
  QUARTER_HOUR,
} from './layout';
import {
  ALL_INVOCATIONS,
  hasAgentQueries,
  ratioOfAll,
  seriesOfPairs,
  type SeriesSource,
  sumByAgent,
  sumOfAll,
} from './series';
import { METRICS } from '../contract';
import { RATIOS } from '../metrics/ratio';
import { readableNumber, rounded } from '../private/token-text';

/** Settings of the six widgets that every dashboard shows. */
export type CoreWidgetOptions = SeriesSource & BudgetWidgetOptions;

const HOURS_A_DAY = 24;
/** Hours in a month, as on AWS price pages: 365 days × 24 hours ÷ 12 months. */
const HOURS_A_MONTH = 730;

const TOKENS = { input: METRICS.inputTokens, output: METRICS.outputTokens };

/** Creates the six widgets that every dashboard shows, in the order of the dashboard. */
export function coreWidgets(options: CoreWidgetOptions): cloudwatch.IWidget[] {
  return [
    tokenUsageWidget(options),
    costByAgentWidget(options),
    tokenEfficiencyWidget(options),
    costTrendWidget(options),
    budgetWidget(options),
    costPerInvocationWidget(options),
  ];
}

function tokenUsageWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  const sumOf = (name: 'input' | 'output', color: string) =>
    sumOfAll(options, TOKENS[name], { period: FIVE_MINUTES, label: `Total ${name}`, color });
  const byAgent = (name: 'input' | 'output') =>
    sumByAgent(options, TOKENS[name], { period: FIVE_MINUTES, id: name, labelSuffix: name });
  return graphWidget('Token usage by agent', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...(hasRoomForTotals(options)
        ? [sumOf('input', TOTAL_COLORS[1]), sumOf('output', TOTAL_COLORS[2])]
        : []),
      ...byAgent('input'),
      // A widget can have only one query, so the output tokens of each agent are not shown if a query finds
      // the agents.
      ...(hasAgentQueries(options) ? [] : byAgent('output')),
    ],
    leftYAxis: { label: 'Tokens per 5 minutes', showUnits: false, min: 0 },
  });
}

/**
 * Returns true if the token usage widget can have two totals in addition to its lines by agent. With
 * variables, a total is a search. Without variables, it is a metric.
 */
function hasRoomForTotals({ agents = [], models, variables }: SeriesSource): boolean {
  return variables
    ? 2 * agents.length + 2 <= MAX_SEARCHES_A_WIDGET
    : usageMetricCount(agents.length, models?.length ?? 0) + 2 <= MAX_METRICS_A_WIDGET;
}

/**
 * Returns the number of metrics of the token usage widget without totals: for each agent, the input and the
 * output tokens of each model, and with several models their two sums.
 */
export function usageMetricCount(agents: number, models: number): number {
  return 2 * agents * (models + (models > 1 ? 1 : 0));
}

function costByAgentWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Cost by agent, last 24 hours', {
    view: cloudwatch.GraphWidgetView.BAR,
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    // Shows the sum of the last 24 hours in each bar. Without this setting, a bar shows only the last hour.
    setPeriodToTimeRange: true,
    left: sumByAgent(options, METRICS.totalCost, { period: HOUR, id: 'cost' }),
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

function tokenEfficiencyWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Token efficiency: output ÷ input tokens', {
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [
      options.metrics.metricTokenEfficiency({
        period: QUARTER_HOUR,
        label: ALL_INVOCATIONS,
        color: TOTAL_COLORS[0],
      }),
      ...seriesOfPairs(options, METRICS.tokenEfficiency, { period: QUARTER_HOUR }),
    ],
    leftYAxis: { showUnits: false, min: 0 },
  });
}

function costTrendWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  const { dailyBudget, monthlyBudget } = options;
  return graphWidget('Cost trend: cost per hour, last 24 hours', {
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    left: [
      sumOfAll(options, METRICS.totalCost, { period: HOUR, label: ALL_INVOCATIONS, color: TOTAL_COLORS[0] }),
    ],
    leftAnnotations: lines([
      ...budgetLine('Daily', dailyBudget, HOURS_A_DAY),
      ...budgetLine('Monthly', monthlyBudget, HOURS_A_MONTH),
    ]),
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
      value: rounded(budget / hours),
      label: `${name} budget of ${readableNumber(budget)} USD ÷ ${hours} hours`,
    },
  ];
}

function costPerInvocationWidget(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graphWidget('Cost per invocation', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [ratioOfAll(options, RATIOS.costPerInvocation, FIVE_MINUTES)],
    leftAnnotations: lines(options.thresholds.costPerInvocation),
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}
