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
 * Three alarms always exist: warning, critical and cost spike. Every other alarm is off unless its property
 * is set. Empty options (`{}`) enable an alarm with its defaults. Each alarm costs $0.10 a month for each
 * metric that the alarm reads. An alarm reads one metric, unless its property states another number.
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
   * Two of the windows are calendar days. With `BudgetWindow.dayToDate`, the alarms fire on the same day, but
   * need an enabled `BudgetAlertLambda`. With `BudgetWindow.calendarDay`, the alarms need no function, but
   * fire only after midnight, for the day that has ended.
   *
   * @default BudgetWindow.rolling24Hours()
   */
  readonly window?: BudgetWindow;

  /**
   * Daily budgets of single agents. Each budget has one alarm, which fires at `criticalPercent` of this
   * budget.
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
   * invocation is above the threshold in two consecutive periods.
   *
   * @default Duration.minutes(5)
   */
  readonly costSpikePeriod?: Duration;

  /**
   * Alarm on the number of input and output tokens in one hour. The threshold is a number of tokens, by
   * default 1,000,000. The alarm reads two metrics.
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
   * Alarm on the p90 response latency. The threshold is in milliseconds. By default, the alarm fires when the
   * latency is above 30,000 milliseconds in three consecutive periods of 5 minutes.
   *
   * The runtime publishes the latency only at detail level `standard`. At `core`, the alarm never fires.
   *
   * @default - no such alarm
   */
  readonly latencyP90?: PeriodAlarmOptions;

  /**
   * Alarm on the p99 response latency. The threshold is in milliseconds. By default, the alarm fires when the
   * latency is above 60,000 milliseconds in three consecutive periods of 5 minutes. In a period with fewer
   * than 100 invocations, the p99 latency is the latency of the slowest invocation.
   *
   * The runtime publishes the latency only at detail level `standard`. At `core`, the alarm never fires.
   *
   * @default - no such alarm
   */
  readonly latencyP99?: PeriodAlarmOptions;

  /**
   * Alarm on a low share of answers from the application's own cache, for applications that have such a
   * cache. The threshold is a percentage of all answers. By default, the alarm fires when the share is below
   * 20 per cent in one hour with at least 20 answers. The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly cacheHitRate?: RatioAlarmOptions;

  /**
   * Alarm on the average number of tokens per batch item, for callers that report the number of items. The
   * threshold is a number of tokens. By default, the alarm fires when the average of one hour is above 200
   * tokens.
   *
   * @default - no such alarm
   */
  readonly tokensPerItem?: PeriodAlarmOptions;

  /**
   * Alarm on the share of model invocations that failed. The threshold is a percentage of all model
   * invocations. By default, the alarm fires when the share is above 5 per cent in 15 minutes with at least
   * 20 invocations. The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly errorRate?: RatioAlarmOptions;

  /**
   * Alarm on unpriced invocations. Their cost is unknown, so the other alarms do not include this cost. The
   * threshold is a number of invocations. By default, the alarm fires when an hour has at least one unpriced
   * invocation.
   *
   * @default - no such alarm
   */
  readonly unpricedCalls?: PeriodAlarmOptions;

  /**
   * Alarm on lost traces, which were written neither to the table nor to the log. The threshold is a number
   * of traces. By default, the alarm fires when an hour has at least one lost trace.
   *
   * @default - no such alarm
   */
  readonly tracesDropped?: PeriodAlarmOptions;

  /**
   * Alarms on printed metrics that CloudWatch could not read. Each log group has its own alarm, which reads
   * three metrics. The threshold is a number of errors. By default, an alarm fires when an hour has at least
   * one error.
   *
   * @default - no such alarms
   */
  readonly emfErrors?: EmfErrorAlarmOptions;

  /**
   * Alarms on messages in dead-letter queues. Each queue has its own alarm. The threshold is a number of
   * messages. By default, an alarm fires when its queue has at least one message in a period of 5 minutes. A
   * queue without requests publishes no metrics, and its alarm then keeps its state.
   *
   * @default - no such alarms
   */
  readonly deadLetters?: DeadLetterAlarmOptions;

  /**
   * Alarms on failed runs of functions. Each function has its own alarm. The threshold is a number of errors.
   * By default, an alarm fires when its function has at least one error in a period of 5 minutes. A function
   * that does not run has no errors, so its alarm is in state OK.
   *
   * @default - no such alarms; `TokenAnalytics` watches the functions of its ingest
   */
  readonly functionErrors?: FunctionErrorAlarmOptions;

  /**
   * Alarm on a cost above the band of values that CloudWatch expects. CloudWatch learns this band from up to
   * two weeks of values. The threshold is the width of the band in standard deviations, by default 3. The
   * default period is one hour. The alarm is billed as three metrics.
   *
   * @default - no such alarm
   */
  readonly costAnomaly?: PeriodAlarmOptions;

  /**
   * Composite alarm, which fires while at least one of the other alarms fires. The composite alarm can
   * contain at most 100 alarms, and costs $0.50 a month.
   *
   * CloudWatch allows only some actions for composite alarms: SNS, Lambda and Systems Manager. Alarms that
   * are created in other stacks are not included and keep their own actions.
   *
   * @default - no such alarm
   */
  readonly composite?: CompositeAlarmOptions;

  /**
   * The topic to notify when an alarm fires. It must be in the region of the alarms.
   *
   * CloudWatch needs permission to publish to the topic and to use the customer managed key of the topic. If
   * a policy does not allow this, a statement is added to the policy. If the topic or the key is imported, a
   * warning shows the statement to add.
   *
   * @default - no topic is notified
   */
  readonly topic?: sns.ITopic;

  /**
   * Further actions to run when an alarm fires. If an action notifies a topic, CloudWatch gets the same
   * permissions for that topic as for `topic`.
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
   * The daily budget, in US dollars, above 0. The alarms compare the budget with the cost of the last 24
   * hours, unless `window` sets another time range. Nothing is enforced.
   */
  readonly dailyBudget: number;
}
