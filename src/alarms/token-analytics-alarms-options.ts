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
 * is set. Empty options (`{}`) enable an alarm with its defaults. An alarm costs $0.10 a month for each
 * metric that it reads. It reads one metric, unless its property states another number.
 */
export interface TokenAnalyticsAlarmsOptions {
  /**
   * The CloudWatch namespace in which the runtime publishes.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * The share of the daily budget at which the warning alarm fires, in per cent.
   *
   * @default 80
   */
  readonly warningPercent?: number;

  /**
   * The share of the daily budget at which the critical alarm fires, in per cent. It must be above
   * `warningPercent`.
   *
   * @default 95
   */
  readonly criticalPercent?: number;

  /**
   * The time over which the budget alarms add up the cost.
   *
   * Two of the windows are calendar days. With `BudgetWindow.dayToDate` the alarms fire on the same day; it
   * needs an enabled `BudgetAlertLambda`. With `BudgetWindow.calendarDay` they fire after midnight, for the
   * day that has ended; it needs no function.
   *
   * @default BudgetWindow.rolling24Hours()
   */
  readonly window?: BudgetWindow;

  /**
   * Daily budgets of single agents. Each budget has one alarm, which fires at `criticalPercent` of that
   * budget.
   *
   * @default - no alarms on single agents
   */
  readonly agentBudgets?: AgentBudget[];

  /**
   * The cost per invocation above which the cost spike alarm fires, in US dollars.
   *
   * @default 0.01
   */
  readonly costPerInvocationThreshold?: number;

  /**
   * The period of the cost spike alarm: a multiple of a minute. The alarm fires when the cost per invocation
   * is above the threshold in two consecutive periods.
   *
   * @default Duration.minutes(5)
   */
  readonly costSpikePeriod?: Duration;

  /**
   * Alarm on the input and output tokens of the last hour. Threshold: tokens; by default 1,000,000. The alarm
   * reads two metrics.
   *
   * @default - no such alarm
   */
  readonly tokensPerHour?: ThresholdAlarmOptions;

  /**
   * Alarm on the cost of the last hour. Threshold: US dollars; by default 1.
   *
   * @default - no such alarm
   */
  readonly costPerHour?: ThresholdAlarmOptions;

  /**
   * Alarm on the p90 response latency. Threshold: milliseconds. By default it fires above 30,000 milliseconds
   * in three consecutive periods of 5 minutes.
   *
   * The runtime publishes the latency only at detail level `standard`. At `core`, the alarm never fires.
   *
   * @default - no such alarm
   */
  readonly latencyP90?: PeriodAlarmOptions;

  /**
   * Alarm on the p99 response latency. Threshold: milliseconds. By default it fires above 60,000 milliseconds
   * in three consecutive periods of 5 minutes. In a period with fewer than 100 invocations, the p99 latency
   * is that of the slowest invocation.
   *
   * The runtime publishes the latency only at detail level `standard`. At `core`, the alarm never fires.
   *
   * @default - no such alarm
   */
  readonly latencyP99?: PeriodAlarmOptions;

  /**
   * Alarm on too few answers from the application's own cache, for applications that have such a cache.
   * Threshold: per cent of all answers. By default it fires below 20 per cent in one hour with at least 20
   * answers. The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly cacheHitRate?: RatioAlarmOptions;

  /**
   * Alarm on the average tokens per item of a batch, for callers that report the number of items. Threshold:
   * tokens. By default it fires above 200 tokens in one hour.
   *
   * @default - no such alarm
   */
  readonly tokensPerItem?: PeriodAlarmOptions;

  /**
   * Alarm on the share of model invocations that failed. Threshold: per cent. By default it fires above 5 per
   * cent in 15 minutes with at least 20 invocations. The alarm reads two metrics.
   *
   * @default - no such alarm
   */
  readonly errorRate?: RatioAlarmOptions;

  /**
   * Alarm on unpriced invocations. Their cost is unknown, so no other alarm includes it. Threshold:
   * invocations. By default it fires at 1 or more in one hour.
   *
   * @default - no such alarm
   */
  readonly unpricedCalls?: PeriodAlarmOptions;

  /**
   * Alarm on lost traces, which were written neither to the table nor to the log. Threshold: traces. By
   * default it fires at 1 or more in one hour.
   *
   * @default - no such alarm
   */
  readonly tracesDropped?: PeriodAlarmOptions;

  /**
   * Alarms on printed metrics that CloudWatch could not read, one for each log group. Threshold: errors. By
   * default an alarm fires at 1 or more in one hour. Each alarm reads three metrics.
   *
   * @default - no such alarms
   */
  readonly emfErrors?: EmfErrorAlarmOptions;

  /**
   * Alarms on messages in dead-letter queues, one for each queue. Threshold: messages. By default an alarm
   * fires at 1 or more in 5 minutes. A queue without requests publishes no metrics; the alarm then keeps its
   * state.
   *
   * @default - no such alarms
   */
  readonly deadLetters?: DeadLetterAlarmOptions;

  /**
   * Alarms on functions that failed, one for each function. Threshold: errors. By default an alarm fires at 1
   * or more in 5 minutes. A function that does not run has no errors, so its alarm is then in state OK.
   *
   * @default - no such alarms; `TokenAnalytics` watches the functions of its ingest
   */
  readonly functionErrors?: FunctionErrorAlarmOptions;

  /**
   * Alarm on cost above the band of expected values, which CloudWatch learns from up to two weeks of values.
   * Threshold: width of the band in standard deviations; by default 3. The default period is one hour. The
   * alarm is billed as three metrics.
   *
   * @default - no such alarm
   */
  readonly costAnomaly?: PeriodAlarmOptions;

  /**
   * Composite alarm, which fires while any of the other alarms fires. It can contain at most 100 alarms, and
   * costs $0.50 a month.
   *
   * It supports the actions that CloudWatch allows for composite alarms: SNS, Lambda and Systems Manager.
   * Alarms that are created in other stacks are not included and keep their own actions.
   *
   * @default - no such alarm
   */
  readonly composite?: CompositeAlarmOptions;

  /**
   * The topic to notify when an alarm fires. It must be in the region of the alarms.
   *
   * If the policy of the topic or of its customer managed key does not let CloudWatch publish, a statement is
   * added to it. If the topic or its key is imported, a warning shows the statement to add.
   *
   * @default - no topic is notified
   */
  readonly topic?: sns.ITopic;

  /**
   * Other actions to run when an alarm fires. Their topics get the same permissions as `topic`.
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
   * The daily budget, in US dollars, above 0. The alarms compare it with the cost of the last 24 hours, or of
   * `window`. Nothing is enforced.
   */
  readonly dailyBudget: number;
}
