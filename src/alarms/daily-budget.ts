import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AgentBudget } from './alarm-options';
import type { BudgetWindow } from './budget-window';
import { ONLY_TELLS } from './descriptions';
import { type MetricContract, METRICS } from '../contract';
import { contractMetric, pairDimensions } from '../metrics/token-metric';
import { numberText } from '../private/token-text';

/** How the cost of a window is read. */
interface CostReading {
  readonly words: string;
  readonly metric: MetricContract;
  readonly period: Duration;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /** Where the window is a calendar day: its time zone. */
  readonly timeZone?: string;
}

/** What a budget alarm compares. */
interface Comparison {
  /** "The cost of the last 24 hours": who has spent it, and when. */
  readonly cost: string;
  readonly budget: string;
  readonly dailyBudget: number;
  readonly percent: number;
  readonly reading: CostReading;
  readonly series: readonly cloudwatch.Metric[];
}

const ROLLING: CostReading = {
  words: 'the last 24 hours',
  metric: METRICS.totalCost,
  period: Duration.days(1),
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
};

/**
 * A gauge has one point at each run of its function: between
 * them the last state holds, and no alarm goes to and fro.
 */
const DAY_TO_DATE: CostReading = {
  words: 'the day so far',
  metric: METRICS.dayToDateCost,
  period: Duration.minutes(5),
  treatMissingData: cloudwatch.TreatMissingData.IGNORE,
};

/** Ids of what aws-cdk-lib takes for the default child of a construct. */
const OWN_IDS: readonly string[] = ['Default', 'Resource'];

/** An alarm on all calls, which fires at a share of the daily budget. */
export function totalBudgetAlarm(
  scope: Construct,
  id: string,
  namespace: string,
  dailyBudget: number,
  percent: number,
  window: BudgetWindow | undefined,
): cloudwatch.Alarm {
  const reading = window?.isDayToDate ? DAY_TO_DATE : completedReading(window);
  return budgetAlarm(scope, id, {
    cost: `The cost of ${reading.words}`,
    budget: 'the daily budget',
    dailyBudget,
    percent,
    reading,
    series: [contractMetric(namespace, reading.metric, undefined, { period: reading.period })],
  });
}

/** An alarm for each agent, whose models it adds up. */
export function agentBudgetAlarms(
  scope: Construct,
  namespace: string,
  budgets: readonly AgentBudget[],
  percent: number,
  window: BudgetWindow | undefined,
): cloudwatch.Alarm[] {
  if (budgets.length === 0) return [];
  const group = new Construct(scope, 'AgentBudgets');
  const reading = completedReading(window);
  return budgets.map(({ agentId, dailyBudget, models }, index) =>
    budgetAlarm(group, constructId(budgets, index), {
      cost: `The cost of agent ${agentId} in ${reading.words}`,
      budget: 'its daily budget',
      dailyBudget,
      percent,
      reading,
      series: models.map(model =>
        contractMetric(namespace, reading.metric, pairDimensions({ agentId, model }), {
          period: reading.period,
        }),
      ),
    }),
  );
}

/**
 * Returns the agent's id, or its index if the id is known only at deployment. Ids that clash with another
 * one, or with names that constructs keep to themselves, get a dollar sign, which no agent's id has.
 */
function constructId(budgets: readonly AgentBudget[], index: number): string {
  const { agentId } = budgets[index];
  if (Token.isUnresolved(agentId)) return String(index);
  const isTaken =
    agentId.includes('/') ||
    agentId in Object.prototype ||
    OWN_IDS.includes(agentId) ||
    Token.isUnresolved(budgets[Number(agentId)]?.agentId);
  return isTaken ? `$${agentId.replaceAll('/', '$')}` : agentId;
}

function completedReading(window: BudgetWindow | undefined): CostReading {
  const timeZone = window?.timeZone;
  return timeZone === undefined
    ? ROLLING
    : { ...ROLLING, words: `the last completed day (${timeZone})`, timeZone };
}

function budgetAlarm(scope: Construct, id: string, comparison: Comparison): cloudwatch.Alarm {
  const { cost, budget, dailyBudget, percent, reading } = comparison;
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmDescription:
      `${cost} has reached ${numberText(percent)} % of ${budget} of ${numberText(dailyBudget)} USD. ` +
      `${ONLY_TELLS}`,
    ...comparedMetric(comparison),
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: reading.treatMissingData,
  });
  if (reading.timeZone !== undefined) {
    // The construct does not know calendar days yet.
    (alarm.node.defaultChild as cloudwatch.CfnAlarm).evaluationWindow = {
      wallClockWindow: { timezone: reading.timeZone },
    };
  }
  return alarm;
}

/** CloudFormation cannot multiply: where an amount is known only at deployment, CloudWatch does it. */
function comparedMetric({ series, dailyBudget, percent, reading: { period } }: Comparison): {
  metric: cloudwatch.IMetric;
  threshold: number;
} {
  const known = !Token.isUnresolved(dailyBudget) && !Token.isUnresolved(percent);
  const threshold = known ? (dailyBudget * percent) / 100 : percent;
  if (known && series.length === 1) return { metric: series[0], threshold };
  const usingMetrics = Object.fromEntries(
    series.map((metric, index) => [series.length === 1 ? 'cost' : `cost${index + 1}`, metric]),
  );
  const ids = Object.keys(usingMetrics);
  const sum = ids.length === 1 || known ? ids.join(' + ') : `(${ids.join(' + ')})`;
  const metric = new cloudwatch.MathExpression({
    expression: known ? sum : `100 * ${sum} / ${numberText(dailyBudget)}`,
    usingMetrics,
    period,
    label: known ? 'Total cost (USD)' : 'Per cent of the daily budget',
  });
  return { metric, threshold };
}
