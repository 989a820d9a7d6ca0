import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

/** An alarm with a threshold. Given without any of its properties, it is switched on with its defaults. */
export interface ThresholdAlarmOptions {
  /**
   * At or beyond which value the alarm fires, in the unit that the alarm's own property names.
   *
   * @default - that of the alarm, which its own property names
   */
  readonly threshold?: number;
}

/** An alarm with a threshold, whose window can be chosen. */
export interface PeriodAlarmOptions extends ThresholdAlarmOptions {
  /**
   * Over which period the values are taken: a multiple of a minute. Together with `evaluationPeriods`
   * at most one day, and at most seven days where the period is an hour or longer.
   *
   * @default - that of the alarm, which its own property names
   */
  readonly period?: Duration;

  /**
   * How many periods in a row must breach the threshold: a whole number from 1.
   *
   * @default - that of the alarm, which its own property names
   */
  readonly evaluationPeriods?: number;
}

/** An alarm on a share of calls. */
export interface RatioAlarmOptions extends PeriodAlarmOptions {
  /**
   * Below how many calls in a period the share is not judged,
   * so that a few calls make no alarm: a whole number from 1.
   *
   * @default 20
   */
  readonly minimumSamples?: number;
}

/** Alarms on metric lines that CloudWatch could not read. */
export interface EmfErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The log groups of the functions that print metrics; each has an alarm of its own, so that its name
   * tells which. At least one, each in the account and region of the alarms and of class STANDARD.
   *
   * If TokenAnalytics watches a log group of another stack, whose name is known at deployment only, the alarm
   * is made in that stack, and refers back to the topic. If the stack of TokenAnalytics refers to that stack,
   * too, they depend on each other: name the log group, or make the topic in a third stack.
   */
  readonly logGroups: logs.ILogGroup[];
}

/** Alarms on messages that could not be processed. */
export interface DeadLetterAlarmOptions extends PeriodAlarmOptions {
  /**
   * The dead-letter queues; each has an alarm of its own, so that its name tells which. At least one, each
   * in the account and region of the alarms.
   *
   * If TokenAnalytics watches a queue of another stack, whose name is known at deployment only, the alarm is
   * made in that stack, and refers back to the topic. If the stack of TokenAnalytics refers to that stack,
   * too, they depend on each other: name the queue, or make the topic in a third stack.
   */
  readonly queues: sqs.IQueue[];
}

/** Alarms on functions that failed. */
export interface FunctionErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The functions; each has an alarm of its own, so that its name tells which. At least one, each in the
   * account and region of the alarms.
   *
   * If TokenAnalytics watches a function of another stack, whose name is known at deployment only, the alarm
   * is made in that stack, and refers back to the topic. If the stack of TokenAnalytics refers to that stack,
   * too, they depend on each other: name the function, or make the topic in a third stack.
   */
  readonly functions: lambda.IFunction[];
}

/** The daily budget of one agent. Nothing is enforced. */
export interface AgentBudget {
  /** The agent, by the id under which its calls are counted: 1 to 64 printable ASCII characters. */
  readonly agentId: string;

  /** The agent's daily budget, in US dollars, above 0. */
  readonly dailyBudget: number;

  /**
   * The foundation models whose cost is added up, without region prefix: one to ten. What the agent spends
   * on other models is not in it, as an alarm cannot search for series, and takes ten metrics at most.
   */
  readonly models: string[];
}

/** One alarm over all the others. */
export interface CompositeAlarmOptions {
  /**
   * Whether the topic and the actions are the composite's alone, so that one trouble
   * makes one message. While one alarm is firing, another that starts is then not told.
   *
   * @default false
   */
  readonly replacesActions?: boolean;
}
