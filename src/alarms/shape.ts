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
import { FUNCTION, LOG_GROUP, QUEUE } from '../private/kinds';
import { BOOLEAN, DURATION, listOf, NUMBER, type Shape, TEXT, TEXTS } from '../private/shape';

/** Kinds of the options of each alarm. */
export const THRESHOLD: Shape<ThresholdAlarmOptions> = { threshold: NUMBER };
export const PERIOD: Shape<PeriodAlarmOptions> = {
  ...THRESHOLD,
  period: DURATION,
  evaluationPeriods: NUMBER,
};
export const RATIO: Shape<RatioAlarmOptions> = { ...PERIOD, minimumSamples: NUMBER };
export const EMF_ERRORS: Shape<EmfErrorAlarmOptions> = { ...PERIOD, logGroups: listOf(LOG_GROUP) };
export const DEAD_LETTERS: Shape<DeadLetterAlarmOptions> = { ...PERIOD, queues: listOf(QUEUE) };
export const FUNCTION_ERRORS: Shape<FunctionErrorAlarmOptions> = { ...PERIOD, functions: listOf(FUNCTION) };
export const AGENT_BUDGET: Shape<AgentBudget> = { agentId: TEXT, dailyBudget: NUMBER, models: TEXTS };
export const COMPOSITE: Shape<CompositeAlarmOptions> = { replacesActions: BOOLEAN };
