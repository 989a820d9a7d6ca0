import type {
  AgentBudget,
  CompositeAlarmOptions,
  DeadLetterAlarmOptions,
  EmfErrorAlarmOptions,
  FunctionErrorAlarmOptions,
  PeriodAlarmOptions,
  RatioAlarmOptions,
  ThresholdAlarmOptions,
} from './alarm-options';
import type { TokenAnalyticsAlarmsProps } from './token-analytics-alarms-options';
import { ALARM_ACTION, BUDGET_WINDOW, FUNCTION, LOG_GROUP, QUEUE, TOPIC } from '../private/kinds';
import { BOOLEAN, DURATION, listOf, NUMBER, options, type Shape, TEXT, TEXTS } from '../private/shape';

const THRESHOLD: Shape<ThresholdAlarmOptions> = { threshold: NUMBER };
const PERIOD: Shape<PeriodAlarmOptions> = {
  ...THRESHOLD,
  period: DURATION,
  evaluationPeriods: NUMBER,
};
const RATIO: Shape<RatioAlarmOptions> = { ...PERIOD, minimumSamples: NUMBER };
const EMF_ERRORS: Shape<EmfErrorAlarmOptions> = { ...PERIOD, logGroups: listOf(LOG_GROUP) };
const DEAD_LETTERS: Shape<DeadLetterAlarmOptions> = { ...PERIOD, queues: listOf(QUEUE) };
const FUNCTION_ERRORS: Shape<FunctionErrorAlarmOptions> = { ...PERIOD, functions: listOf(FUNCTION) };
const AGENT_BUDGET: Shape<AgentBudget> = { agentId: TEXT, dailyBudget: NUMBER, models: TEXTS };
const COMPOSITE: Shape<CompositeAlarmOptions> = { replacesActions: BOOLEAN };

/** Type of each property of `TokenAnalyticsAlarms`, with which the props are validated. */
export const ALARMS_SHAPE: Shape<TokenAnalyticsAlarmsProps> = {
  dailyBudget: NUMBER,
  namespace: TEXT,
  warningPercent: NUMBER,
  criticalPercent: NUMBER,
  window: BUDGET_WINDOW,
  agentBudgets: listOf(options(AGENT_BUDGET)),
  costPerInvocationThreshold: NUMBER,
  costSpikePeriod: DURATION,
  tokensPerHour: options(THRESHOLD),
  costPerHour: options(THRESHOLD),
  latencyP90: options(PERIOD),
  latencyP99: options(PERIOD),
  cacheHitRate: options(RATIO),
  tokensPerItem: options(PERIOD),
  errorRate: options(RATIO),
  unpricedCalls: options(PERIOD),
  tracesDropped: options(PERIOD),
  emfErrors: options(EMF_ERRORS),
  deadLetters: options(DEAD_LETTERS),
  functionErrors: options(FUNCTION_ERRORS),
  costAnomaly: options(PERIOD),
  composite: options(COMPOSITE),
  topic: TOPIC,
  alarmActions: listOf(ALARM_ACTION),
};
