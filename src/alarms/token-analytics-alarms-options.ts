import type { Duration } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
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
import type { BudgetWindow } from './budget-window';

/**
 * Optional properties of the alarms.
 *
 * Three alarms always exist: warning, critical and cost spike. Every other alarm exists only if its property
 * is set. An empty object (`{}`) enables an alarm with its defaults.
 *
 * CloudWatch charges $0.10 a month for each metric that an alarm reads. If an alarm reads more than one
 * metric, its property states the number.
 */
export interface TokenAnalyticsAlarmsOptions {
  /**
   * The CloudWatch namespace in which the runtime publishes metrics.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The percentage of the daily budget at which the warning alarm fires.
   *
   * @default 80
   */
  readonly warningPercent?: number;

  /**
   * The percentage of the daily budget at which the critical alarm fires. It must be above `warningPercent`.
   *
   * @default 95
   */
  readonly criticalPercent?: number;

  /**
   * The time range over which the budget alarms add up the cost.
   *
   * `BudgetWindow.dayToDate` is the current calendar day, and requires an enabled `BudgetAlertLambda`.
   * `BudgetWindow.calendarDay` is the last completed calendar day: the alarms fire only after midnight.
   *
   * @default BudgetWindow.rolling24Hours()
   */
  readonly window?: BudgetWindow;

  /**
   * Daily budgets of single agents. Each budget has one alarm, which fires when the cost of the agent reaches
   * `criticalPercent` of the budget.
   *
   * @default - no alarms on single agents
   */
  readonly agentBudgets?: AgentBudget[];

  /**
   * The threshold of the cost spike alarm, in US dollars per invocation. The alarm fires above the threshold.
   *
   * @default 0.01
   */
  readonly costPerInvocationThreshold?: number;

  /**
   * The period of the cost spike alarm: a whole number of minutes. The alarm fires when the cost per
   * invocation is above `costPerInvocationThreshold` in two consecutive periods.
   *
   * @default Duration.minutes(5)
   */
  readonly costSpikePeriod?: Duration;

  /**
   * Alarm on the number of input and output tokens in one hour. The default threshold is 1,000,000 tokens.
   * The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly tokensPerHour?: ThresholdAlarmOptions;

  /**
   * Alarm on the cost of one hour. The threshold is in US dollars, by default 1.
   *
   * @default - no such alarm
   */
  readonly costPerHour?: ThresholdAlarmOptions;

  /**
   * Alarm on the p90 response latency. By default, the alarm fires when the latency is above 30,000
   * milliseconds in three consecutive periods of 5 minutes. `threshold` is in milliseconds.
   *
   * At detail level `core`, the alarm never fires, because the runtime publishes the latency only at detail
   * level `standard`.
   *
   * @default - no such alarm
   */
  readonly latencyP90?: PeriodAlarmOptions;

  /**
   * Alarm on the p99 response latency. By default, the alarm fires when the latency is above 60,000
   * milliseconds in three consecutive periods of 5 minutes. `threshold` is in milliseconds. In a period with
   * fewer than 100 invocations, the p99 latency is the latency of the slowest invocation.
   *
   * At detail level `core`, the alarm never fires, because the runtime publishes the latency only at detail
   * level `standard`.
   *
   * @default - no such alarm
   */
  readonly latencyP99?: PeriodAlarmOptions;

  /**
   * Alarm on a low cache hit rate: the share of answers that came from the application's own cache. By
   * default, the alarm fires when this share is below 20 per cent in one hour with at least 20 answers.
   * `threshold` is in per cent. The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly cacheHitRate?: RatioAlarmOptions;

  /**
   * Alarm on the average number of tokens per batch item. The metric has values only if callers report the
   * number of items. By default, the alarm fires when the average of one hour is above 200 tokens.
   * `threshold` is a number of tokens.
   *
   * @default - no such alarm
   */
  readonly tokensPerItem?: PeriodAlarmOptions;

  /**
   * Alarm on the error rate: the share of model invocations that failed. By default, the alarm fires when
   * this share is above 5 per cent in 15 minutes with at least 20 invocations. `threshold` is in per cent.
   * The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly errorRate?: RatioAlarmOptions;

  /**
   * Alarm on invocations of models without a known price. The cost of these invocations is missing in the
   * other alarms. By default, the alarm fires when an hour has at least one such invocation. `threshold` is a
   * number of invocations.
   *
   * @default - no such alarm
   */
  readonly unpricedCalls?: PeriodAlarmOptions;

  /**
   * Alarm on lost traces. The trace of an invocation is lost if the runtime could write it neither to the
   * table nor to the log. By default, the alarm fires when an hour has at least one lost trace. `threshold`
   * is a number of traces.
   *
   * @default - no such alarm
   */
  readonly tracesDropped?: PeriodAlarmOptions;

  /**
   * Alarms on unreadable metric lines (EMF) in log groups. Each log group has its own alarm, which reads
   * three metrics. By default, an alarm fires when an hour has at least one unreadable line. `threshold` is a
   * number of lines.
   *
   * @default - no such alarms
   */
  readonly emfErrors?: EmfErrorAlarmOptions;

  /**
   * Alarms on messages in dead-letter queues. Each queue has its own alarm. By default, an alarm fires when
   * its queue has at least one message in a period of 5 minutes. `threshold` is a number of messages. While a
   * queue publishes no metrics, its alarm keeps its state.
   *
   * @default - no such alarms
   */
  readonly deadLetters?: DeadLetterAlarmOptions;

  /**
   * Alarms on failed runs of functions. Each function has its own alarm. By default, an alarm fires when its
   * function has at least one error in a period of 5 minutes. `threshold` is a number of errors. In a period
   * without runs, the alarm is in state OK.
   *
   * @default - no such alarms; `TokenAnalytics` watches the functions of its ingest
   */
  readonly functionErrors?: FunctionErrorAlarmOptions;

  /**
   * Alarm on a cost above the band of values that CloudWatch expects. CloudWatch learns the band from up to
   * two weeks of values. `threshold` is the width of the band in standard deviations, by default 3. The
   * default period is one hour. The alarm is billed as three metrics.
   *
   * @default - no such alarm
   */
  readonly costAnomaly?: PeriodAlarmOptions;

  /**
   * Composite alarm, which fires while at least one of the other alarms fires. It can contain at most 100
   * alarms, and costs $0.50 a month. Alarms in other stacks are not included, and keep their own actions.
   *
   * CloudWatch runs only SNS, Lambda and Systems Manager actions for a composite alarm.
   *
   * @default - no such alarm
   */
  readonly composite?: CompositeAlarmOptions;

  /**
   * The topic to notify when an alarm fires. It must be in the region of the alarms.
   *
   * The construct allows CloudWatch to publish to the topic and to use the customer managed key of the topic.
   * If the topic or the key is imported, its policy cannot be changed. A warning shows the statement to add.
   *
   * @default - no topic is notified
   */
  readonly topic?: sns.ITopic;

  /**
   * Further actions to run when an alarm fires. If an action notifies a topic, the construct allows
   * CloudWatch to publish to the topic. The construct also allows CloudWatch to use the customer managed key
   * of the topic.
   *
   * @default - no other actions
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];
}

/**
 * Properties of the alarms.
 */
export interface TokenAnalyticsAlarmsProps extends TokenAnalyticsAlarmsOptions {
  /**
   * The daily budget, in US dollars, above 0. The alarms compare the cost of the last 24 hours with the
   * budget. To compare another time range, set `window`. The budget blocks no calls.
   */
  readonly dailyBudget: number;
}
