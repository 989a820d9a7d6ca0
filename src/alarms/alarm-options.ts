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
   * The number of consecutive periods in which the metric must breach the threshold before the alarm fires: a
   * whole number from 1 to 1,440.
   *
   * @default - see the property that enables the alarm
   */
  readonly evaluationPeriods?: number;
}

/** Options of an alarm on a share of invocations. */
export interface RatioAlarmOptions extends PeriodAlarmOptions {
  /**
   * The minimum number of invocations in a period: a whole number, at least 1. The alarm ignores a period
   * with fewer invocations. A few invocations therefore cannot trigger the alarm.
   *
   * @default 20
   */
  readonly minimumSamples?: number;
}

/** Options of the alarms on metric lines that CloudWatch could not read. */
export interface EmfErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The log groups of the functions that print metrics: at least one. Each log group must be of class
   * STANDARD, in the account and region of the alarms. Each log group has its own alarm.
   *
   * For a log group in another stack, set `logGroupName`, or create the alarm topic in a third stack. Without
   * `logGroupName`, `TokenAnalytics` creates the alarm in the stack of the log group, and this alarm refers
   * to the topic. If the stack of `TokenAnalytics` also refers to the stack of the log group, synthesis
   * fails, because the two stacks depend on each other.
   */
  readonly logGroups: logs.ILogGroup[];
}

/** Options of the alarms on messages that could not be processed. */
export interface DeadLetterAlarmOptions extends PeriodAlarmOptions {
  /**
   * The dead-letter queues: at least one. Each queue must be in the account and region of the alarms. Each
   * queue has its own alarm.
   *
   * For a queue in another stack, set `queueName`, or create the alarm topic in a third stack. Without
   * `queueName`, `TokenAnalytics` creates the alarm in the stack of the queue, and this alarm refers to the
   * topic. If the stack of `TokenAnalytics` also refers to the stack of the queue, synthesis fails, because
   * the two stacks depend on each other.
   */
  readonly queues: sqs.IQueue[];
}

/** Options of the alarms on functions that failed. */
export interface FunctionErrorAlarmOptions extends PeriodAlarmOptions {
  /**
   * The functions to watch: at least one. Each function must be in the account and region of the alarms. Each
   * function has its own alarm.
   *
   * For a function in another stack, set `functionName`, or create the alarm topic in a third stack. Without
   * `functionName`, `TokenAnalytics` creates the alarm in the stack of the function, and this alarm refers to
   * the topic. If the stack of `TokenAnalytics` also refers to the stack of the function, synthesis fails,
   * because the two stacks depend on each other.
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
   * The foundation models whose cost the alarm adds up: one to ten model ids without region prefix, such as
   * `amazon.nova-lite-v1:0`. An alarm can read at most ten metrics, one for each model.
   *
   * The cost of other models is not included.
   */
  readonly models: string[];
}

/** Options of the alarm that combines all other alarms. */
export interface CompositeAlarmOptions {
  /**
   * True if only the composite alarm sends messages. The other alarms then do not notify the topic and run no
   * actions.
   *
   * Several alarms that fire together then send one message. An alarm that starts to fire while another alarm
   * is firing sends no message.
   *
   * @default false
   */
  readonly replacesActions?: boolean;
}
