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
 * Maximum number of metrics that an alarm on metric math can read (CloudWatch API Reference, PutMetricAlarm).
 */
const MAX_ALARM_METRICS = 10;
/**
 * Maximum number of alarms in the rule of a composite alarm (CloudWatch API Reference, PutCompositeAlarm).
 */
const MAX_COMPOSITE_CHILDREN = 100;
/**
 * Maximum number of evaluation periods: one day has 1,440 periods of one minute. With periods of one minute,
 * an alarm can evaluate at most one day (CloudWatch API Reference, PutMetricAlarm).
 */
const MAX_EVALUATION_PERIODS = 1440;

/** Range of valid thresholds. */
export interface ThresholdRange {
  /** Range in words, after "must be" in an error message. */
  readonly must: string;
  readonly holds: (value: number) => boolean;
}

/**
 * Range of a threshold that is an amount. The range excludes 0, because an alarm with threshold 0 would fire
 * at the first invocation.
 */
export const AMOUNT: ThresholdRange = { must: 'a finite number above 0', holds: value => value > 0 };
/**
 * Range of the threshold of an alarm that fires above a percentage. The range excludes 100, because no share
 * is above 100 per cent and the alarm would never fire.
 */
export const PERCENT_TO_EXCEED: ThresholdRange = {
  must: 'a percentage from 0 to below 100',
  holds: value => value >= 0 && value < 100,
};
/**
 * Range of the threshold of an alarm that fires below a percentage. The range excludes 0, because no share is
 * below 0 per cent and the alarm would never fire.
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

/** Requires a period and a number of evaluation periods that PutMetricAlarm accepts together. */
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
 * Requires a list of at least one resource, without duplicates.
 *
 * @param noun noun for one resource in error messages, such as "queue"
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
 * Requires a valid budget window. If the window contains a `budgetAlert` function, the function must be
 * enabled. The function must have the region, account and namespace of the alarms.
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
 * Adds a warning at synthesis if the alarms watch the cost of the current day, but no function of the app
 * publishes this cost. Does nothing if `window.budgetAlert` is set, because {@link requireWindow} checks this
 * function.
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

/** Requires valid agent budgets: at most one budget for each agent, and 1 to 10 models in each budget. */
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
 * Returns true if two constructs can be in one account. If both accounts are known at synthesis, returns true
 * without comparing them. If an account is unknown, returns true only for constructs in the same stage,
 * because stages often have separate accounts.
 */
function isMaybeOneAccount(one: IConstruct, other: IConstruct): boolean {
  const isKnown = [one, other].every(construct => !Token.isUnresolved(Stack.of(construct).account));
  return isKnown || Stage.of(one) === Stage.of(other);
}

/** Properties of the alarms on latency, which is published only at detail level `standard`. */
const LATENCY_ALARMS = ['latencyP90', 'latencyP99'] as const;

/**
 * Adds warnings about alarms that never fire, because no publisher of the namespace publishes their metrics.
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
 * Adds a warning for each agent whose budget is above `dailyBudget`, the budget of all agents together.
 * `dailyBudget` is then used up before the budget of the agent.
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

/** Requires a list of 1 to 10 models. An alarm can add up at most 10 metrics. */
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

/** Requires at most as many alarms as CloudWatch allows in one composite alarm. */
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
