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
  requireNames,
  requireTimeZone,
  requireUsd,
  requireWholeNumber,
  type Where,
} from '../private/validate';

/** PutMetricAlarm: an alarm on metric math takes this many metrics. */
const MAX_ALARM_METRICS = 10;
/** PutCompositeAlarm: a rule names at most this many alarms. */
const MAX_COMPOSITE_CHILDREN = 100;
/** One day of one-minute periods, the most that PutMetricAlarm looks back in so short periods. */
const MAX_EVALUATION_PERIODS = 1440;

/** Which thresholds an alarm takes. */
export interface ThresholdRange {
  readonly must: string;
  readonly holds: (value: number) => boolean;
}

/** At 0, an alarm would fire at the first sign of life. */
export const AMOUNT: ThresholdRange = { must: 'a finite number above 0', holds: value => value > 0 };
/** Nothing is above 100 per cent, so such an alarm would never fire. */
export const PERCENT_TO_EXCEED: ThresholdRange = {
  must: 'a percentage from 0 to below 100',
  holds: value => value >= 0 && value < 100,
};
/** Nothing is below 0 per cent. */
export const PERCENT_TO_UNDERCUT: ThresholdRange = {
  must: 'a percentage above 0, at most 100',
  holds: value => value > 0 && value <= 100,
};

export function requireThreshold(
  where: Where,
  prop: string,
  value: number,
  range: ThresholdRange,
  mend: string,
): void {
  if (Token.isUnresolved(value)) return;
  if (!Number.isFinite(value) || !range.holds(value)) throw propError(where, prop, range.must, value, mend);
}

/** A period and how many of them, as PutMetricAlarm takes them together. */
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
 * Requires resources that have an alarm each: at least one, none twice.
 *
 * @param keyOf is the same for two constructs of one resource
 */
export function requireResources<T extends IConstruct>(
  where: Where,
  prop: string,
  resources: readonly T[] | undefined,
  what: string,
  keyOf: (resource: T) => unknown,
): void {
  if (resources === undefined || resources.length === 0) {
    throw propError(
      where,
      prop,
      `a list of at least one ${what}`,
      resources === undefined ? undefined : '[]',
      'Name what is to be watched, or leave the alarm out.',
    );
  }
  const keys = resources.map(keyOf);
  resources.forEach((resource, index) => {
    if (keys.indexOf(keys[index]) !== index) {
      throw propError(where, prop, 'a list without duplicates', resource.node.path, 'Name it once.');
    }
  });
}

/** A window that can be judged; a gauge must be published, and in the namespace of the alarms. */
export function requireWindow(where: IConstruct, window: BudgetWindow, namespace: string): void {
  if (window.timeZone !== undefined) requireTimeZone(where, 'window.timeZone', window.timeZone);
  const { budgetAlert } = window;
  if (budgetAlert === undefined) return;
  requireStackPlace(
    where,
    'window',
    budgetAlert,
    'Make it in a stack of that place, as a gauge is of one region.',
  );
  if (!budgetAlert.enabled) {
    throw propError(
      where,
      'window',
      'made from an enabled `BudgetAlertLambda`',
      budgetAlert.node.path,
      'It publishes the cost of the day only with `enabled: true`.',
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
 * Warns at synth if alarms watch the day to date, were not given the function that publishes it, and the app
 * has no such function.
 */
export function warnOfMissingGauge(scope: IConstruct, window: BudgetWindow, namespace: string): void {
  if (!window.isDayToDate || window.budgetAlert) return;
  atSynth(scope, () => {
    const isThere = scope.node.root.node
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
    if (isThere) return;
    warn(
      scope,
      'dayToDate',
      '`window`: the app has no enabled BudgetAlertLambda of this namespace, account and region, which publishes ' +
        'what the alarms watch: without one they never fire. Make one, or acknowledge this where another app ' +
        'has it.',
    );
  });
}

/** Budgets of agents: none twice, each with models that one alarm can add up. */
export function requireAgentBudgets(where: Where, budgets: readonly AgentBudget[]): void {
  budgets.forEach(({ agentId, dailyBudget, models }, index) => {
    const prop = (name: string) => `agentBudgets[${index}].${name}`;
    if (agentId === undefined) {
      throw propError(
        where,
        prop('agentId'),
        'given',
        undefined,
        "Give the id under which the agent's calls are counted.",
      );
    }
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
    if (dailyBudget === undefined) {
      throw propError(
        where,
        prop('dailyBudget'),
        'given',
        undefined,
        'Give the amount in US dollars, such as 10.',
      );
    }
    requireUsd(where, prop('dailyBudget'), dailyBudget);
    requireModels(where, prop('models'), models);
  });
}

/** Stages are often deployed to accounts of their own, so that unknown accounts of two stages are not one. */
function isMaybeOneAccount(one: IConstruct, other: IConstruct): boolean {
  const isKnown = [one, other].every(construct => !Token.isUnresolved(Stack.of(construct).account));
  return isKnown || Stage.of(one) === Stage.of(other);
}

const LATENCY_ALARMS = ['latencyP90', 'latencyP99'] as const;

/** Warns of alarms on what none of the publishers of their namespace publishes. */
export function compareAlarms(
  scope: IConstruct,
  props: TokenAnalyticsAlarmsOptions,
  publishers: readonly Publisher[],
): void {
  const latency = LATENCY_ALARMS.filter(alarm => props[alarm]);
  if (latency.length > 0 && !publishers.some(({ isStandard }) => isStandard)) {
    warn(
      scope,
      'latencyAtCore',
      `${latency.map(alarm => `\`${alarm}\``).join(' and ')}: latency is published at detail level \`standard\` only, ` +
        'so that the alarm never fires. Set `detailLevel: DetailLevel.STANDARD` of TokenAnalytics.',
    );
  }
  for (const { agentId } of props.agentBudgets ?? []) {
    warnOfUnlistedAgent(scope, 'agentBudgets', agentId, publishers);
  }
}

/** Warns of budgets of agents that are above the budget of all, which is used up first. */
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
      `\`agentBudgets\`: the budget of ${agentId} (${budget}) is above \`dailyBudget\` (${dailyBudget}): all agents ` +
        'together are over theirs first.',
    );
  }
}

function requireModels(where: Where, prop: string, models: readonly string[] | undefined): void {
  if (Token.isUnresolved(models)) {
    throw propError(
      where,
      prop,
      'a list that is known at synthesis',
      'a token',
      'An alarm names each metric: list the models.',
    );
  }
  if (models === undefined || models.length === 0) {
    throw propError(
      where,
      prop,
      'a list of at least one model',
      models === undefined ? undefined : '[]',
      'An alarm cannot search for series: name the models that the agent calls.',
    );
  }
  if (models.length > MAX_ALARM_METRICS) {
    throw propError(
      where,
      prop,
      `at most ${MAX_ALARM_METRICS} models`,
      `${models.length} models`,
      'CloudWatch alarms take ten metrics: name the dearest ten.',
    );
  }
  requireNames(where, prop, models, MAX_MODEL_LENGTH);
}

export function requireCompositeSize(where: Where, alarms: readonly IConstruct[]): void {
  if (alarms.length > MAX_COMPOSITE_CHILDREN) {
    throw propError(
      where,
      'composite',
      `over at most ${MAX_COMPOSITE_CHILDREN} alarms`,
      `${alarms.length} alarms`,
      'CloudWatch takes no more in one rule: leave the composite out, or spread the budgets of ' +
        'agents over several constructs.',
    );
  }
}
