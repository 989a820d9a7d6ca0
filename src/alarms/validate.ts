import { type Duration, Stack, Stage, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { AgentBudget } from './alarm-options';
import type { BudgetWindow } from './budget-window';
import type { TokenAnalyticsAlarmsOptions } from './token-analytics-alarms-options';
import { BudgetAlertLambda } from '../budget/budget-alert-lambda';
import { MAX_AGENT_ID_LENGTH } from '../contract';
import { MAX_MODEL_LENGTH } from '../metrics/token-metric';
import { type Publisher, warnOfUnlistedAgent } from '../private/publishers';
import { isKnownToDiffer, requireStackPlace } from '../private/region-account';
import { atSynth, warn } from '../private/synth-messages';
import {
  propError,
  requireAlarmPeriod,
  requireDimensionValue,
  requireGiven,
  requireNames,
  requireTimeZone,
  requireUsd,
  requireWholeNumber,
  type Where,
} from '../private/validate';

/**
 * Maximum number of metrics in the metric math expression of an alarm (CloudWatch API Reference,
 * PutMetricAlarm).
 */
const MAX_ALARM_METRICS = 10;
/**
 * Maximum number of alarms in the rule of a composite alarm (CloudWatch API Reference, PutCompositeAlarm).
 */
const MAX_COMPOSITE_CHILDREN = 100;
/**
 * Maximum number of evaluation periods of an alarm. With periods of one minute, CloudWatch evaluates at most
 * one day, which has 1,440 minutes (CloudWatch API Reference, PutMetricAlarm).
 */
const MAX_EVALUATION_PERIODS = 1440;

/** Rule for the threshold of an alarm, e.g. "a finite number above 0". */
export interface ThresholdRange {
  /** Text after "must be" in an error message, such as "a finite number above 0". */
  readonly must: string;
  readonly holds: (value: number) => boolean;
}

/**
 * Rule for a threshold that is an amount, such as US dollars or tokens. The amount 0 is not allowed, because
 * the alarm would fire at the first invocation.
 */
export const AMOUNT: ThresholdRange = { must: 'a finite number above 0', holds: value => value > 0 };
/**
 * Rule for an alarm that fires when a percentage is above the threshold. The threshold 100 is not allowed,
 * because no percentage is above 100 and the alarm would never fire.
 */
export const PERCENT_TO_EXCEED: ThresholdRange = {
  must: 'a percentage from 0 to below 100',
  holds: value => value >= 0 && value < 100,
};
/**
 * Rule for an alarm that fires when a percentage is below the threshold. The threshold 0 is not allowed,
 * because no percentage is below 0 and the alarm would never fire.
 */
export const PERCENT_TO_UNDERCUT: ThresholdRange = {
  must: 'a percentage above 0, at most 100',
  holds: value => value > 0 && value <= 100,
};

export function requireThreshold(
  where: Where,
  prop: string,
  value: number,
  range: ThresholdRange,
  fix: string,
): void {
  if (Token.isUnresolved(value)) return;
  if (!Number.isFinite(value) || !range.holds(value)) throw propError(where, prop, range.must, value, fix);
}

/**
 * Throws an error if CloudWatch does not accept the period together with the number of evaluation periods.
 */
export function requireEvaluation(
  where: Where,
  prop: string,
  period: Duration,
  evaluationPeriods: number,
): void {
  requireWholeNumber(where, `${prop}.evaluationPeriods`, evaluationPeriods, 1, MAX_EVALUATION_PERIODS);
  requireAlarmPeriod(where, `${prop}.period`, period, evaluationPeriods);
}

/**
 * Throws an error if the list of resources is empty or names a resource twice.
 *
 * @param noun word for one resource in error messages, such as "queue"
 * @param keyOf returns a key that identifies a resource. A queue and an import of this queue have the same
 * key
 */
export function requireResources<T extends IConstruct>(
  where: Where,
  prop: string,
  resources: readonly T[] | undefined,
  noun: string,
  keyOf: (resource: T) => unknown,
): void {
  if (resources === undefined || resources.length === 0) {
    throw propError(
      where,
      prop,
      `a list of at least one ${noun}`,
      resources === undefined ? undefined : '[]',
      `List each ${noun} to watch, or omit the alarm.`,
    );
  }
  const keys = resources.map(keyOf);
  resources.forEach((resource, index) => {
    if (keys.indexOf(keys[index]) !== index) {
      throw propError(where, prop, 'a list without duplicates', resource.node.path, 'List it once.');
    }
  });
}

/**
 * Throws an error if the window of the budget alarms is invalid. The time zone must exist. A `budgetAlert`
 * function must be enabled, and have the region, account and namespace of the alarms.
 */
export function requireWindow(where: IConstruct, window: BudgetWindow, namespace: string): void {
  if (window.timeZone !== undefined) requireTimeZone(where, 'window.timeZone', window.timeZone);
  const { budgetAlert } = window;
  if (budgetAlert === undefined) return;
  requireStackPlace(
    where,
    'window',
    budgetAlert,
    'Metrics belong to one region and account: create the function there.',
  );
  if (!budgetAlert.enabled) {
    throw propError(
      where,
      'window',
      'made from an enabled `BudgetAlertLambda`',
      budgetAlert.node.path,
      'Set `enabled: true`: otherwise the function does not publish the cost of the day.',
    );
  }
  if (
    !Token.isUnresolved(namespace) &&
    !Token.isUnresolved(budgetAlert.namespace) &&
    budgetAlert.namespace !== namespace
  ) {
    throw propError(
      where,
      'window',
      `made from a \`BudgetAlertLambda\` of the namespace ${namespace}`,
      budgetAlert.namespace,
      'Give both the same namespace.',
    );
  }
}

/**
 * Adds a warning if the alarms watch the cost of the current day and no enabled `BudgetAlertLambda` publishes
 * it. If `window.budgetAlert` is set, {@link requireWindow} checks this function instead.
 */
export function warnOfMissingGauge(scope: IConstruct, window: BudgetWindow, namespace: string): void {
  if (!window.isDayToDate || window.budgetAlert) return;
  atSynth(scope, () => {
    const isPublished = scope.node.root.node
      .findAll()
      .some(
        construct =>
          construct instanceof BudgetAlertLambda &&
          construct.enabled &&
          !isKnownToDiffer(construct.namespace, namespace) &&
          !isKnownToDiffer(Stack.of(construct).region, Stack.of(scope).region) &&
          !isKnownToDiffer(Stack.of(construct).account, Stack.of(scope).account) &&
          isMaybeOneAccount(construct, scope),
      );
    if (isPublished) return;
    warn(
      scope,
      'dayToDate',
      '`window`: the app has no enabled BudgetAlertLambda for this namespace, account and region. Without one, ' +
        'nothing publishes the cost of the current day, and the alarms never fire. Create one, or acknowledge ' +
        'this warning if another app has it.',
    );
  });
}

/** Throws an error if an agent has two budgets, or if a budget does not have 1 to 10 models. */
export function requireAgentBudgets(where: Where, budgets: readonly AgentBudget[]): void {
  budgets.forEach(({ agentId, dailyBudget, models }, index) => {
    const prop = (name: string) => `agentBudgets[${index}].${name}`;
    requireGiven(where, prop('agentId'), agentId, 'Give the id under which the runtime counts the agent.');
    requireDimensionValue(where, prop('agentId'), agentId, MAX_AGENT_ID_LENGTH);
    if (budgets.findIndex(other => other.agentId === agentId) !== index) {
      throw propError(
        where,
        prop('agentId'),
        'an agent that has no budget yet',
        agentId,
        'Give each agent one budget.',
      );
    }
    requireGiven(where, prop('dailyBudget'), dailyBudget, 'Give the amount in US dollars, such as 10.');
    requireUsd(where, prop('dailyBudget'), dailyBudget);
    requireModels(where, prop('models'), models);
  });
}

/**
 * Returns true if two constructs may be in the same account. If both accounts are known, the caller must
 * compare them.
 *
 * If an account is unknown, both constructs must be in the same stage, because stages often have separate
 * accounts.
 */
function isMaybeOneAccount(one: IConstruct, other: IConstruct): boolean {
  const isKnown = [one, other].every(construct => !Token.isUnresolved(Stack.of(construct).account));
  return isKnown || Stage.of(one) === Stage.of(other);
}

/** Properties that enable an alarm on latency. At detail level `core`, no latency is published. */
const LATENCY_ALARMS = ['latencyP90', 'latencyP99'] as const;

/**
 * Adds a warning for each alarm that never fires, because no function of the app publishes its metric.
 *
 * @param publishers functions that publish metrics in the namespace of the alarms
 */
export function warnOfUnpublished(
  scope: IConstruct,
  props: TokenAnalyticsAlarmsOptions,
  publishers: readonly Publisher[],
): void {
  const latency = LATENCY_ALARMS.filter(alarm => props[alarm]);
  if (latency.length > 0 && !publishers.some(({ isStandard }) => isStandard)) {
    warn(
      scope,
      'latencyAtCore',
      `${latency.map(alarm => `\`${alarm}\``).join(' and ')}: latency is published only at detail level ` +
        '`standard`, so the alarm never fires. Set `detailLevel: DetailLevel.STANDARD` of TokenAnalytics.',
    );
  }
  for (const { agentId } of props.agentBudgets ?? []) {
    warnOfUnlistedAgent(scope, 'agentBudgets', agentId, publishers);
  }
}

/**
 * Adds a warning for each agent with a higher budget than `dailyBudget`, the budget of all agents together.
 * Such a budget has no use, because `dailyBudget` is always used up first.
 */
export function warnOfLargeBudgets(
  scope: IConstruct,
  dailyBudget: number,
  budgets: readonly AgentBudget[],
): void {
  for (const { agentId, dailyBudget: budget } of budgets) {
    if (Token.isUnresolved(dailyBudget) || Token.isUnresolved(budget) || budget <= dailyBudget) continue;
    warn(
      scope,
      'agentBudget',
      `\`agentBudgets\`: the budget of ${agentId} (${budget} USD) is above \`dailyBudget\` (${dailyBudget} USD), the ` +
        'budget of all agents together. That budget is used up first. Lower the budget of the agent.',
    );
  }
}

/**
 * Throws an error if the list does not have 1 to 10 models. An alarm can add up at most 10 metrics, and each
 * model has its own metric.
 */
function requireModels(where: Where, prop: string, models: readonly string[] | undefined): void {
  if (Token.isUnresolved(models)) {
    throw propError(
      where,
      prop,
      'a list that is known at synthesis',
      'a token',
      'An alarm refers to each metric by name: list the models.',
    );
  }
  if (models === undefined || models.length === 0) {
    throw propError(
      where,
      prop,
      'a list of at least one model',
      models === undefined ? undefined : '[]',
      'An alarm cannot search for metrics: list the models that the agent invokes.',
    );
  }
  if (models.length > MAX_ALARM_METRICS) {
    throw propError(
      where,
      prop,
      `at most ${MAX_ALARM_METRICS} models`,
      `${models.length} models`,
      'A CloudWatch alarm reads at most ten metrics: list the ten most expensive models.',
    );
  }
  requireNames(where, prop, models, MAX_MODEL_LENGTH);
}

/** Throws an error if a composite alarm would contain more alarms than CloudWatch allows. */
export function requireCompositeSize(where: Where, alarms: readonly IConstruct[]): void {
  if (alarms.length > MAX_COMPOSITE_CHILDREN) {
    throw propError(
      where,
      'composite',
      `over at most ${MAX_COMPOSITE_CHILDREN} alarms`,
      `${alarms.length} alarms`,
      'CloudWatch allows no more alarms in one composite alarm: omit `composite`, or split `agentBudgets` between ' +
        'several constructs.',
    );
  }
}
