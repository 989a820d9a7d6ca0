import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AgentBudget } from './alarm-options';
import type { BudgetWindow } from './budget-window';
import { lookAt, ONLY_NOTIFIES } from './descriptions';
import { type MetricContract, METRICS } from '../contract';
import { contractMetric, pairDimensions } from '../metrics/token-metric';
import { acceptTokensInMath } from '../private/synth-messages';
import { numberText } from '../private/token-text';

/** Metric and alarm settings for one time range, such as the last 24 hours. */
interface CostReading {
  /** Name of the window in an alarm description, such as "the last 24 hours". */
  readonly windowName: string;
  readonly metric: MetricContract;
  readonly period: Duration;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  /** Time zone of the calendar day. Undefined if the time range is not a completed calendar day. */
  readonly timeZone?: string;
}

/**
 * Settings of one budget alarm. The alarm fires when the sum of `series` reaches `percent` of `dailyBudget`.
 */
interface Comparison {
  /** Name of the cost in the alarm description, such as "The cost of the last 24 hours". */
  readonly costName: string;
  /** Name of the budget in the alarm description, such as "the daily budget". */
  readonly budgetName: string;
  /** Sentence in the alarm description about the models that the cost includes. */
  readonly scopeNote?: string;
  readonly dailyBudget: number;
  readonly percent: number;
  readonly reading: CostReading;
  readonly series: readonly cloudwatch.Metric[];
}

const ROLLING: CostReading = {
  windowName: 'the last 24 hours',
  metric: METRICS.totalCost,
  period: Duration.days(1),
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
};

/**
 * Settings for the cost of the current day. The `BudgetAlertLambda` publishes this metric at each run.
 * Between two runs, `IGNORE` keeps the state of the alarm.
 */
const DAY_TO_DATE: CostReading = {
  windowName: 'the day so far',
  metric: METRICS.dayToDateCost,
  period: Duration.minutes(5),
  treatMissingData: cloudwatch.TreatMissingData.IGNORE,
};

/** Agent ids that cannot be construct ids: aws-cdk-lib gives these ids a special meaning. */
const RESERVED_IDS: readonly string[] = ['Default', 'Resource'];

/** Creates an alarm that fires when the cost of all invocations reaches a percentage of the daily budget. */
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
    costName: `The cost of ${reading.windowName}`,
    budgetName: 'the daily budget',
    dailyBudget,
    percent,
    reading,
    series: [contractMetric(namespace, reading.metric, undefined, { period: reading.period })],
  });
}

/**
 * Creates one alarm for each agent budget. The alarm fires when the cost of the agent reaches `percent` of
 * the budget. The cost includes only the models in `models`.
 */
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
      costName: `The cost of agent ${agentId} in ${reading.windowName}`,
      budgetName: 'its daily budget',
      scopeNote: 'Only the models of `agentBudgets` are included. ',
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
 * Returns the construct id of an agent's alarm. This is the agent id, if it is a valid construct id.
 * Otherwise, the id begins with `$`, because no agent id contains `$`. `Resource` becomes `$Resource`, for
 * example.
 *
 * If the agent id is a CDK token, returns the index of the budget.
 */
function constructId(budgets: readonly AgentBudget[], index: number): string {
  const { agentId } = budgets[index];
  if (Token.isUnresolved(agentId)) return String(index);
  const isTaken =
    agentId.includes('/') ||
    agentId in Object.prototype ||
    RESERVED_IDS.includes(agentId) ||
    Token.isUnresolved(budgets[Number(agentId)]?.agentId);
  return isTaken ? `$${agentId.replaceAll('/', '$')}` : agentId;
}

function completedReading(window: BudgetWindow | undefined): CostReading {
  const timeZone = window?.timeZone;
  return timeZone === undefined
    ? ROLLING
    : { ...ROLLING, windowName: `the last completed day (${timeZone})`, timeZone };
}

function budgetAlarm(scope: Construct, id: string, comparison: Comparison): cloudwatch.Alarm {
  const { costName, budgetName, scopeNote = '', dailyBudget, percent, reading } = comparison;
  const alarm = new cloudwatch.Alarm(scope, id, {
    alarmDescription:
      `${costName} has reached ${numberText(percent)} % of ${budgetName} of ${numberText(dailyBudget)} ` +
      `USD. ${scopeNote}${lookAt('Cost by agent')} ${ONLY_NOTIFIES}`,
    ...comparedMetric(comparison),
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: reading.treatMissingData,
  });
  acceptTokensInMath(alarm, [dailyBudget, percent]);
  if (reading.timeZone !== undefined) {
    // Adds the property as an override, because `cloudwatch.Alarm` has no option for calendar days, and the
    // oldest supported `CfnAlarm` has no such property.
    (alarm.node.defaultChild as cloudwatch.CfnAlarm).addPropertyOverride('EvaluationWindow', {
      WallClockWindow: { Timezone: reading.timeZone },
    });
  }
  return alarm;
}

/**
 * Returns the metric and the threshold of a budget alarm, both in US dollars. If the budget or `percent` is a
 * CDK token, both are percentages of the budget instead, because CloudFormation cannot calculate the
 * threshold in US dollars.
 */
function comparedMetric({ series, dailyBudget, percent, reading: { period } }: Comparison): {
  metric: cloudwatch.IMetric;
  threshold: number;
} {
  const isKnown = !Token.isUnresolved(dailyBudget) && !Token.isUnresolved(percent);
  const threshold = isKnown ? (dailyBudget * percent) / 100 : percent;
  if (isKnown && series.length === 1) return { metric: series[0], threshold };
  const usingMetrics = Object.fromEntries(
    series.map((metric, index) => [series.length === 1 ? 'cost' : `cost${index + 1}`, metric]),
  );
  const ids = Object.keys(usingMetrics);
  const sum = ids.length === 1 || isKnown ? ids.join(' + ') : `(${ids.join(' + ')})`;
  const metric = new cloudwatch.MathExpression({
    expression: isKnown ? sum : `100 * ${sum} / ${numberText(dailyBudget)}`,
    usingMetrics,
    period,
    label: isKnown ? 'Total cost (USD)' : 'Used share of the daily budget (%)',
  });
  return { metric, threshold };
}
