import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

/** Options of an alarm with a threshold. Empty options (`{}`) enable the alarm with its defaults. */
export interface ThresholdAlarmOptions {
  /**
   * The threshold of the alarm. Its unit is documented at the property that enables the alarm.
   *
   * @default - the value that is documented at the property that enables the alarm
   */
  readonly threshold?: number;
}

/** Options of an alarm with a threshold, a period and a number of evaluation periods. */
export interface PeriodAlarmOptions extends ThresholdAlarmOptions {
  /**
   * The period of the metric: a whole number of minutes.
   *
   * `period` × `evaluationPeriods` must be at most one day. For periods of one hour or longer, the limit is
   * seven days.
   *
   * @default - the value that is documented at the property that enables the alarm
   */
  readonly period?: Duration;

  /**
   * The number of consecutive periods in which the metric must breach the threshold before the alarm fires: a
   * whole number, at least 1.
   *
   * @default - the value that is documented at the property that enables the alarm
   */
  readonly evaluationPeriods?: number;
}

/** Options of an alarm on a share of invocations. */
export interface RatioAlarmOptions extends PeriodAlarmOptions {
  /**
   * The number of invocations below which a period is ignored: a whole number, at least 1. With this limit, a
   * few invocations cannot trigger the alarm.
   *
   * @default 20
   */
  readonly minimumSamples?: number;
}

/** Options of the alarms on metric lines that CloudWatch could not read. */
export interface EmfErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The log groups of the functions that print metrics. List at least one. Each log group must be of class
   * STANDARD, and in the account and region of the alarms. Each log group has its own alarm, which is named
   * after the log group.
   *
   * If a log group is in another stack, its name may be unknown until deployment. TokenAnalytics then creates
   * the alarm in the stack of the log group, and the alarm refers to the topic. If the stack of
   * TokenAnalytics also refers to the stack of the log group, the two stacks depend on each other and
   * synthesis fails. To avoid this error, set `logGroupName`, or create the topic in a third stack.
   */
  readonly logGroups: logs.ILogGroup[];
}

/** Options of the alarms on messages that could not be processed. */
export interface DeadLetterAlarmOptions extends PeriodAlarmOptions {
  /**
   * The dead-letter queues. List at least one. Each queue must be in the account and region of the alarms.
   * Each queue has its own alarm, which is named after the queue.
   *
   * If a queue is in another stack, its name may be unknown until deployment. TokenAnalytics then creates the
   * alarm in the stack of the queue, and the alarm refers to the topic. If the stack of TokenAnalytics also
   * refers to the stack of the queue, the two stacks depend on each other and synthesis fails. To avoid this
   * error, set `queueName`, or create the topic in a third stack.
   */
  readonly queues: sqs.IQueue[];
}

/** Options of the alarms on functions that failed. */
export interface FunctionErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The functions. List at least one. Each function must be in the account and region of the alarms. Each
   * function has its own alarm, which is named after the function.
   *
   * If a function is in another stack, its name may be unknown until deployment. TokenAnalytics then creates
   * the alarm in the stack of the function, and the alarm refers to the topic. If the stack of TokenAnalytics
   * also refers to the stack of the function, the two stacks depend on each other and synthesis fails. To
   * avoid this error, set `functionName`, or create the topic in a third stack.
   */
  readonly functions: lambda.IFunction[];
}

/** The daily budget of one agent. Nothing is enforced. */
export interface AgentBudget {
  /** The id under which the runtime counts the agent: 1 to 64 printable ASCII characters. */
  readonly agentId: string;

  /** The daily budget of the agent, in US dollars, above 0. */
  readonly dailyBudget: number;

  /**
   * The foundation models whose cost the alarm adds up: one to ten model ids without region prefix.
   *
   * The cost of other models is not included. An alarm cannot search for metrics, and it can read at most ten
   * metrics.
   */
  readonly models: string[];
}

/** Options of the alarm that combines all other alarms. */
export interface CompositeAlarmOptions {
  /**
   * True if only the composite alarm notifies the topic and runs the actions. One problem then sends one
   * message, even if several alarms fire. However, while one alarm is firing, another alarm that starts to
   * fire sends no message.
   *
   * @default false
   */
  readonly replacesActions?: boolean;
}
