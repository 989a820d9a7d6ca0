import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';

/** Options of an alarm with a threshold. Empty options (`{}`) enable the alarm with its defaults. */
export interface ThresholdAlarmOptions {
  /**
   * The threshold of the alarm. The property that enables the alarm, such as `errorRate`, documents the unit.
   *
   * @default - see the property that enables the alarm
   */
  readonly threshold?: number;
}

/** Options of an alarm with a threshold, a period and a number of evaluation periods. */
export interface PeriodAlarmOptions extends ThresholdAlarmOptions {
  /**
   * The period of the metric: a whole number of minutes.
   *
   * If `period` is below one hour, `period` × `evaluationPeriods` must be at most one day. If `period` is one
   * hour or longer, `period` × `evaluationPeriods` must be at most seven days.
   *
   * @default - see the property that enables the alarm
   */
  readonly period?: Duration;

  /**
   * The number of consecutive periods before the alarm fires: a whole number from 1 to 1,440. The metric must
   * breach the threshold in each of these periods.
   *
   * @default - see the property that enables the alarm
   */
  readonly evaluationPeriods?: number;
}

/** Options of an alarm on a share of invocations, such as the share of failed invocations. */
export interface RatioAlarmOptions extends PeriodAlarmOptions {
  /**
   * The minimum number of invocations in a period: a whole number, at least 1. The alarm ignores a period
   * with fewer invocations. A few invocations therefore cannot trigger the alarm.
   *
   * @default 20
   */
  readonly minimumSamples?: number;
}

/**
 * Options of the alarms on unreadable metric lines in log groups. Metric lines have the embedded metric
 * format (EMF).
 */
export interface EmfErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The log groups of the functions that print metrics: at least one. Each log group must be of class
   * STANDARD, in the account and region of the alarms. Each log group has its own alarm.
   *
   * If a log group is in another stack and has no `logGroupName`, its alarm is created in that other stack.
   * The alarm refers to the topic, so the stack of the log group then depends on the stack of the topic.
   * Synthesis fails if the stack of the topic also depends on the stack of the log group. In this case, set
   * `logGroupName` on the log group, or create the topic in a third stack.
   */
  readonly logGroups: logs.ILogGroup[];
}

/** Options of the alarms on dead-letter queues, which hold messages that could not be processed. */
export interface DeadLetterAlarmOptions extends PeriodAlarmOptions {
  /**
   * The dead-letter queues: at least one. Each queue must be in the account and region of the alarms. Each
   * queue has its own alarm.
   *
   * If a queue is in another stack and has no `queueName`, its alarm is created in that other stack. The
   * alarm refers to the topic, so the stack of the queue then depends on the stack of the topic. Synthesis
   * fails if the stack of the topic also depends on the stack of the queue. In this case, set `queueName` on
   * the queue, or create the topic in a third stack.
   */
  readonly queues: sqs.IQueue[];
}

/** Options of the alarms on errors of Lambda functions. */
export interface FunctionErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The functions to watch: at least one. Each function must be in the account and region of the alarms. Each
   * function has its own alarm.
   *
   * If a function is in another stack and has no `functionName`, its alarm is created in that other stack.
   * The alarm refers to the topic, so the stack of the function then depends on the stack of the topic.
   * Synthesis fails if the stack of the topic also depends on the stack of the function. In this case, set
   * `functionName` on the function, or create the topic in a third stack.
   */
  readonly functions: lambda.IFunction[];
}

/**
 * The daily budget of one agent. An alarm fires when the budget is exceeded, but no invocation is blocked.
 */
export interface AgentBudget {
  /** The id of the agent, as in its metrics: 1 to 64 printable ASCII characters. */
  readonly agentId: string;

  /** The daily budget of the agent, in US dollars, above 0. */
  readonly dailyBudget: number;

  /**
   * The foundation models whose cost the alarm adds up: one to ten model ids without region prefix, such as
   * `amazon.nova-lite-v1:0`. There is one metric for each model, and an alarm can read at most ten metrics.
   *
   * The cost of other models is not included.
   */
  readonly models: string[];
}

/** Options of the alarm that combines all other alarms. */
export interface CompositeAlarmOptions {
  /**
   * True if only the composite alarm notifies the topic and runs actions.
   *
   * If several alarms fire at the same time, only one message is sent. If another alarm fires while the
   * composite alarm is already firing, no message is sent.
   *
   * @default false
   */
  readonly replacesActions?: boolean;
}
