import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { numberText } from './number-text';
import { FOUND_AGENT_AND_MODEL, pairSearch } from './search';
import { pairMetric } from './token-metric';
import type { Where } from './validate';
import { type MetricContract, METRICS } from '../contract';
import type { TokenMetrics } from '../token-metrics';

/** What the six widgets are made from. */
export interface CoreWidgetOptions {
  /** Where bad props were given. */
  readonly scope: Where;
  readonly metrics: TokenMetrics;
  readonly agents?: readonly string[];
  readonly models?: readonly string[];
  readonly dailyBudget?: number;
  readonly monthlyBudget?: number;
  /** Whether the budget alert function publishes its gauges. */
  readonly budgetGauges: boolean;
}

const WIDTH = 12;
const HEIGHT = 6;
const LAST_DAY = '-PT24H';
const LAST_30_DAYS = '-P30D';
const LAST_30_DAYS_LABEL = 'Last 30 days';
const FIVE_MINUTES = Duration.minutes(5);
const QUARTER_HOUR = Duration.minutes(15);
const HOUR = Duration.hours(1);
const THIRTY_DAYS = Duration.days(30);

/** The six widgets, in their order. */
export function coreWidgets(options: CoreWidgetOptions): cloudwatch.IWidget[] {
  return [tokenUsage(options), costByAgent(options), tokenEfficiency(options), costTrend(options), budgetUtilisation(options), costPerInvocation(options)];
}

function tokenUsage(options: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Token usage by agent', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [
      ...byAgent(options, METRICS.inputTokens, FIVE_MINUTES, 'in', 'input'),
      ...byAgent(options, METRICS.outputTokens, FIVE_MINUTES, 'out', 'output'),
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
    left: byAgent(options, METRICS.totalCost, HOUR, 'cost', ''),
  });
}

function tokenEfficiency(options: CoreWidgetOptions): cloudwatch.IWidget {
  const { metrics, agents, models } = options;
  // Averages cannot be added up over models, so each (agent, model) pair stays a line of its own.
  const pairs = agents && models
    ? agents.flatMap(agentId => models.map(model => metrics.metricTokenEfficiency({ agentId, model, period: QUARTER_HOUR, label: `${agentId} ${model}` })))
    : foundPairs(options, METRICS.tokenEfficiency, QUARTER_HOUR, '');
  return graph('Token efficiency: output ÷ input tokens', {
    period: QUARTER_HOUR,
    statistic: cloudwatch.Stats.AVERAGE,
    left: [metrics.metricTokenEfficiency({ period: QUARTER_HOUR, label: 'all calls' }), ...pairs],
    leftYAxis: { showUnits: false, min: 0 },
  });
}

function costTrend({ metrics }: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Cost trend: total cost per hour, last 24 hours, USD', {
    period: HOUR,
    statistic: cloudwatch.Stats.SUM,
    start: LAST_DAY,
    left: [metrics.metricTotalCost({ period: HOUR, label: 'Cost per hour' })],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

function budgetUtilisation({ metrics, dailyBudget, monthlyBudget, budgetGauges }: CoreWidgetOptions): cloudwatch.IWidget {
  const budgets = [
    ...(dailyBudget === undefined ? [] : [`${numberText(dailyBudget)} USD a day`]),
    ...(monthlyBudget === undefined ? [] : [`${numberText(monthlyBudget)} USD a month`]),
  ];
  return new cloudwatch.SingleValueWidget({
    title: `Budget utilisation: cost of the last 30 days, USD${budgets.length > 0 ? ` (budget: ${budgets.join(', ')})` : ''}`,
    width: WIDTH,
    height: HEIGHT,
    period: THIRTY_DAYS,
    start: LAST_30_DAYS,
    // One number for the whole range. A gauge's value is its latest, so beside gauges the range is added up by the expression.
    setPeriodToTimeRange: !budgetGauges,
    metrics: budgetGauges ? [
      new cloudwatch.MathExpression({
        expression: 'TIME_SERIES(SUM(cost))',
        usingMetrics: { cost: metrics.metricTotalCost({ period: HOUR }) },
        period: HOUR,
        label: LAST_30_DAYS_LABEL,
      }),
      metrics.metricDayToDateCost({ period: HOUR, label: 'Today' }),
      metrics.metricMonthToDateCost({ period: HOUR, label: 'This month' }),
    ] : [metrics.metricTotalCost({ period: THIRTY_DAYS, label: LAST_30_DAYS_LABEL })],
  });
}

function costPerInvocation({ metrics }: CoreWidgetOptions): cloudwatch.IWidget {
  return graph('Cost per invocation, USD', {
    period: FIVE_MINUTES,
    statistic: cloudwatch.Stats.SUM,
    left: [metrics.metricCostPerInvocation({ period: FIVE_MINUTES })],
    leftYAxis: { label: 'USD', showUnits: false, min: 0 },
  });
}

/**
 * A summed metric by agent. With agents and models, the agent's models added up, from named metrics; with agents alone, what
 * a search for each finds, added up; else one series for each (agent, model) pair that a search finds.
 */
function byAgent(options: CoreWidgetOptions, metric: MetricContract, period: Duration, id: string, suffix: string): cloudwatch.IMetric[] {
  const { scope, metrics: { namespace }, agents, models } = options;
  if (!agents) return foundPairs(options, metric, period, suffix);
  return agents.map((agentId, agent) => {
    const label = [agentId, suffix].join(' ').trim();
    if (!models) {
      return new cloudwatch.MathExpression({ expression: `SUM(${pairSearch(scope, { namespace, metric, agentId })})`, usingMetrics: {}, period, label });
    }
    if (models.length === 1) return pairMetric(namespace, metric, { agentId, model: models[0], period, label });
    const usingMetrics = Object.fromEntries(models.map((model, index) => [`${id}_${agent}_${index}`, pairMetric(namespace, metric, { agentId, model, period })]));
    return new cloudwatch.MathExpression({ expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`, usingMetrics, period, label });
  });
}

/** The series of each pair: one search for each agent, as a search is too short for many names, or one for all. */
function foundPairs({ scope, metrics: { namespace }, agents, models }: CoreWidgetOptions, metric: MetricContract, period: Duration, suffix: string): cloudwatch.IMetric[] {
  return (agents ?? [undefined]).map(agentId => new cloudwatch.SearchExpression({
    expression: pairSearch(scope, { namespace, metric, agentId, models }),
    period,
    label: `${FOUND_AGENT_AND_MODEL} ${suffix}`.trim(),
  }));
}

function graph(title: string, props: cloudwatch.GraphWidgetProps): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({ title, width: WIDTH, height: HEIGHT, ...props });
}
