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

/** Options of an alarm with a threshold, a period and a number of periods. */
export interface PeriodAlarmOptions extends ThresholdAlarmOptions {
  /**
   * The period of the metric: a multiple of a minute.
   *
   * `period` × `evaluationPeriods` is at most one day. If the period is an hour or longer, it is at most
   * seven days.
   *
   * @default - the value that is documented at the property that enables the alarm
   */
  readonly period?: Duration;

  /**
   * The number of consecutive periods that must breach the threshold: a whole number from 1.
   *
   * @default - the value that is documented at the property that enables the alarm
   */
  readonly evaluationPeriods?: number;
}

/** Options of an alarm on a share of invocations. */
export interface RatioAlarmOptions extends PeriodAlarmOptions {
  /**
   * The minimum number of invocations in a period: a whole number from 1. A period with fewer invocations
   * does not count, so that a few invocations cannot trigger the alarm.
   *
   * @default 20
   */
  readonly minimumSamples?: number;
}

/** Options of the alarms on metric lines that CloudWatch could not read. */
export interface EmfErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The log groups of the functions that print metrics: at least one, each of class STANDARD, in the account
   * and region of the alarms. Each log group has its own alarm, which is named after it.
   *
   * If a log group is in another stack, its name may be unknown until deployment. TokenAnalytics then creates
   * the alarm in the stack of the log group, and the alarm refers to the topic. If the stack of
   * TokenAnalytics also refers to the stack of the log group, the two stacks depend on each other and
   * synthesis fails. To avoid this, set `logGroupName`, or create the topic in a third stack.
   */
  readonly logGroups: logs.ILogGroup[];
}

/** Options of the alarms on messages that could not be processed. */
export interface DeadLetterAlarmOptions extends PeriodAlarmOptions {
  /**
   * The dead-letter queues: at least one, each in the account and region of the alarms. Each queue has its
   * own alarm, which is named after it.
   *
   * If a queue is in another stack, its name may be unknown until deployment. TokenAnalytics then creates the
   * alarm in the stack of the queue, and the alarm refers to the topic. If the stack of TokenAnalytics also
   * refers to the stack of the queue, the two stacks depend on each other and synthesis fails. To avoid this,
   * set `queueName`, or create the topic in a third stack.
   */
  readonly queues: sqs.IQueue[];
}

/** Options of the alarms on functions that failed. */
export interface FunctionErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The functions: at least one, each in the account and region of the alarms. Each function has its own
   * alarm, which is named after it.
   *
   * If a function is in another stack, its name may be unknown until deployment. TokenAnalytics then creates
   * the alarm in the stack of the function, and the alarm refers to the topic. If the stack of TokenAnalytics
   * also refers to the stack of the function, the two stacks depend on each other and synthesis fails. To
   * avoid this, set `functionName`, or create the topic in a third stack.
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
   * The foundation models to add up, without region prefix: one to ten.
   *
   * The cost of other models is not included, because an alarm cannot search for metrics and can read at most
   * ten metrics.
   */
  readonly models: string[];
}

/** Options of the alarm that combines all other alarms. */
export interface CompositeAlarmOptions {
  /**
   * True if only the composite alarm notifies the topic and runs the actions, so that one problem sends one
   * message. While one alarm is firing, a second alarm that starts to fire then sends no message.
   *
   * @default false
   */
  readonly replacesActions?: boolean;
}
