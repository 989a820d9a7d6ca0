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
 * Properties of the alarms that can be left out.
 *
 * Three alarms are always there; each other one is off unless its property is given. An alarm is switched on
 * with its defaults by its options without any property (`{}`). Each costs $0.10 a month for each metric that
 * it reads, unless its property says more.
 */
export interface TokenAnalyticsAlarmsOptions {
  /**
   * The CloudWatch namespace that the runtime publishes in.
   *
   * @default 'OPX/Analytics'
   */
  readonly namespace?: string;

  /**
   * At what share of the daily budget the warning alarm fires, in per cent.
   *
   * @default 80
   */
  readonly warningPercent?: number;

  /**
   * At what share of the daily budget the critical alarm fires, in per cent; above `warningPercent`.
   *
   * @default 95
   */
  readonly criticalPercent?: number;

  /**
   * Over which time the budget alarms add the cost up. For a calendar day there are two:
   * `BudgetWindow.dayToDate` speaks on the day itself and needs an enabled `BudgetAlertLambda`;
   * `BudgetWindow.calendarDay` needs none and speaks after midnight, of the day that is over.
   *
   * @default BudgetWindow.rolling24Hours()
   */
  readonly window?: BudgetWindow;

  /**
   * Daily budgets of agents: one alarm for each, which fires at `criticalPercent` of the agent's budget.
   *
   * @default - no alarm on one agent
   */
  readonly agentBudgets?: AgentBudget[];

  /**
   * Above which cost per invocation, in US dollars, the spike alarm fires.
   *
   * @default 0.01
   */
  readonly costPerInvocationThreshold?: number;

  /**
   * Over which period the cost per invocation is taken: a multiple
   * of a minute. It must be above the threshold twice in a row.
   *
   * @default Duration.minutes(5)
   */
  readonly costSpikePeriod?: Duration;

  /**
   * An alarm on input and output tokens of the last hour.
   * Threshold: tokens, 1,000,000 by default. Two metrics.
   *
   * @default - no such alarm
   */
  readonly tokensPerHour?: ThresholdAlarmOptions;

  /**
   * An alarm on the cost of the last hour. Threshold: US dollars, 1 by default.
   *
   * @default - no such alarm
   */
  readonly costPerHour?: ThresholdAlarmOptions;

  /**
   * An alarm on the response time that nine calls in ten stay within. The runtime sends it at detail level
   * `standard` only: at `core`, the alarm never fires. By default: above 30,000 milliseconds in three periods
   * of 5 minutes.
   *
   * @default - no such alarm
   */
  readonly latencyP90?: PeriodAlarmOptions;

  /**
   * An alarm on the response time that 99 calls in a hundred stay within; with fewer calls in a period, on
   * the slowest. The runtime sends it at detail level `standard` only: at `core`, the alarm never fires. By
   * default: above 60,000 milliseconds in three periods of 5 minutes.
   *
   * @default - no such alarm
   */
  readonly latencyP99?: PeriodAlarmOptions;

  /**
   * An alarm on too few answers from the application's own cache; only for applications that have
   * one. By default: less than 20 per cent in one hour with 20 or more answers. Two metrics.
   *
   * @default - no such alarm
   */
  readonly cacheHitRate?: RatioAlarmOptions;

  /**
   * An alarm on the average tokens for each item of a batch, where callers
   * say how many items there were. By default: above 200 tokens in one hour.
   *
   * @default - no such alarm
   */
  readonly tokensPerItem?: PeriodAlarmOptions;

  /**
   * An alarm on the share of model calls that failed. By default:
   * above 5 per cent in 15 minutes with 20 or more calls. Two metrics.
   *
   * @default - no such alarm
   */
  readonly errorRate?: RatioAlarmOptions;

  /**
   * An alarm on calls without a known price, whose cost no other
   * alarm can see. By default: 1 or more calls in one hour.
   *
   * @default - no such alarm
   */
  readonly unpricedCalls?: PeriodAlarmOptions;

  /**
   * An alarm on traces that reached neither the table nor the log. By default: 1 or more in one hour.
   *
   * @default - no such alarm
   */
  readonly tracesDropped?: PeriodAlarmOptions;

  /**
   * Alarms on printed metrics that CloudWatch could not read, one for each
   * log group. By default: 1 or more errors in one hour. Three metrics each.
   *
   * @default - no such alarms
   */
  readonly emfErrors?: EmfErrorAlarmOptions;

  /**
   * Alarms on messages in dead-letter queues, one for each queue. By default: 1 or more
   * messages in 5 minutes. A queue without activity has no metrics, so the last state holds.
   *
   * @default - no such alarms
   */
  readonly deadLetters?: DeadLetterAlarmOptions;

  /**
   * Alarms on functions that failed, one for each function. By default: 1 or more errors
   * in 5 minutes. A function that does not run has no errors, so its alarm is then quiet.
   *
   * @default - no such alarms; `TokenAnalytics` watches the functions of its ingest
   */
  readonly functionErrors?: FunctionErrorAlarmOptions;

  /**
   * An alarm on cost above the band that CloudWatch learns from up to two weeks. Threshold: the width of
   * the band in standard deviations, 3 by default; over one hour by default. It is billed as three metrics.
   *
   * @default - no such alarm
   */
  readonly costAnomaly?: PeriodAlarmOptions;

  /**
   * A composite alarm, which fires while any of the others does: at most 100. It costs $0.50 a
   * month, and takes the actions that CloudWatch allows there: SNS, Lambda and Systems Manager.
   * Alarms that are made in other stacks are not in it, and keep their own actions.
   *
   * @default - no such alarm
   */
  readonly composite?: CompositeAlarmOptions;

  /**
   * A topic that is told when an alarm fires. It must be in the region of the alarms.
   *
   * CloudWatch is let publish to it, and use its customer managed key, where a policy would keep it out. If
   * the topic or its key is imported, a warning has the statement that its policy needs.
   *
   * @default - none is told
   */
  readonly topic?: sns.ITopic;

  /**
   * Other actions to take when an alarm fires. Their topics are made reachable like `topic`.
   *
   * @default - none
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];
}

/**
 * Properties of the alarms.
 */
export interface TokenAnalyticsAlarmsProps extends TokenAnalyticsAlarmsOptions {
  /**
   * The daily budget, in US dollars, above 0. The alarms look
   * at the last 24 hours, or at `window`. Nothing is enforced.
   */
  readonly dailyBudget: number;
}
