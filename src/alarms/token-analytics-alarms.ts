import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
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
import { DEFAULT_CRITICAL_PERCENT, DEFAULT_NAMESPACE, DEFAULT_WARNING_PERCENT } from '../contract';
import { costAnomalyAlarm } from './anomaly';
import { compositeAlarm } from './composite';
import { agentBudgetAlarms, totalBudgetAlarm } from './daily-budget';
import { ONLY_TELLS } from './descriptions';
import { deadLetterAlarms, emfErrorAlarms, functionErrorAlarms } from './resources';
import {
  AGENT_BUDGET,
  COMPOSITE,
  DEAD_LETTERS,
  EMF_ERRORS,
  FUNCTION_ERRORS,
  PERIOD,
  RATIO,
  THRESHOLD,
} from './shape';
import { thresholdAlarm, type ThresholdAlarmProp } from './thresholds';
import { letTopicsBeTold } from './told-topics';
import { requireAgentBudgets, requireWindow, warnOfLargeBudgets, warnOfMissingGauge } from './validate';
import { countedModels } from '../metrics/model-names';
import { TokenMetrics } from '../metrics/token-metrics';
import { isElsewhere } from '../private/elsewhere';
import { ALARM_ACTION, BUDGET_WINDOW, TOPIC } from '../private/kinds';
import { numberText } from '../private/number-text';
import { DURATION, listOf, NUMBER, options, requireShape, type Shape, TEXT } from '../private/shape';
import {
  propError,
  requireAlarmPeriod,
  requireNamespace,
  requireThresholds,
  requireUsd,
} from '../private/validate';

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
   * Alarms on resources of other stacks are made in those stacks, are not in it, and keep their own actions.
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

/** Kinds of the properties of the alarms. */
const SHAPE: Shape<TokenAnalyticsAlarmsProps> = {
  dailyBudget: NUMBER,
  namespace: TEXT,
  warningPercent: NUMBER,
  criticalPercent: NUMBER,
  window: BUDGET_WINDOW,
  agentBudgets: listOf(options(AGENT_BUDGET)),
  costPerInvocationThreshold: NUMBER,
  costSpikePeriod: DURATION,
  tokensPerHour: options(THRESHOLD),
  costPerHour: options(THRESHOLD),
  latencyP90: options(PERIOD),
  latencyP99: options(PERIOD),
  cacheHitRate: options(RATIO),
  tokensPerItem: options(PERIOD),
  errorRate: options(RATIO),
  unpricedCalls: options(PERIOD),
  tracesDropped: options(PERIOD),
  emfErrors: options(EMF_ERRORS),
  deadLetters: options(DEAD_LETTERS),
  functionErrors: options(FUNCTION_ERRORS),
  costAnomaly: options(PERIOD),
  composite: options(COMPOSITE),
  topic: TOPIC,
  alarmActions: listOf(ALARM_ACTION),
};

const DEFAULT_COST_PER_INVOCATION = 0.01;
const DEFAULT_SPIKE_PERIOD = Duration.minutes(5);
const SPIKE_PERIODS = 2;

/**
 * Alarms on the total of all calls: a warning and a critical one on the cost of the last 24 hours against a
 * daily budget, one on spikes of the cost per invocation, and those that are asked for. They tell, and
 * enforce nothing.
 */
export class TokenAnalyticsAlarms extends Construct {
  /**
   * Fires at the warning share of the daily budget.
   */
  public readonly warningAlarm: cloudwatch.Alarm;

  /**
   * Fires at the critical share of the daily budget.
   */
  public readonly criticalAlarm: cloudwatch.Alarm;

  /**
   * Fires when the cost per invocation is above its threshold twice in a row.
   */
  public readonly costSpikeAlarm: cloudwatch.Alarm;

  /**
   * Fires on the tokens of an hour, where asked for.
   */
  public readonly tokensPerHourAlarm?: cloudwatch.Alarm;

  /**
   * Fires on the cost of an hour, where asked for.
   */
  public readonly costPerHourAlarm?: cloudwatch.Alarm;

  /**
   * Fires on the response time of one call in ten, where asked for.
   */
  public readonly latencyP90Alarm?: cloudwatch.Alarm;

  /**
   * Fires on the response time of one call in a hundred, where asked for.
   */
  public readonly latencyP99Alarm?: cloudwatch.Alarm;

  /**
   * Fires when too few answers come from the application's cache, where asked for.
   */
  public readonly cacheHitRateAlarm?: cloudwatch.Alarm;

  /**
   * Fires on the tokens for each item of a batch, where asked for.
   */
  public readonly tokensPerItemAlarm?: cloudwatch.Alarm;

  /**
   * Fires on the share of failed calls, where asked for.
   */
  public readonly errorRateAlarm?: cloudwatch.Alarm;

  /**
   * Fires on calls without a known price, where asked for.
   */
  public readonly unpricedCallsAlarm?: cloudwatch.Alarm;

  /**
   * Fires on lost traces, where asked for.
   */
  public readonly tracesDroppedAlarm?: cloudwatch.Alarm;

  /**
   * Fires on cost above the learned band, where asked for.
   */
  public readonly costAnomalyAlarm?: cloudwatch.Alarm;

  /**
   * One for each of `agentBudgets`, in their order.
   */
  public readonly agentBudgetAlarms: cloudwatch.Alarm[];

  /**
   * One for each log group of `emfErrors`, in their order.
   */
  public readonly emfErrorAlarms: cloudwatch.Alarm[];

  /**
   * One for each queue of `deadLetters`, in their order.
   */
  public readonly deadLetterAlarms: cloudwatch.Alarm[];

  /**
   * One for each function of `functionErrors`, in their order.
   */
  public readonly functionErrorAlarms: cloudwatch.Alarm[];

  /**
   * Every alarm of this construct but the composite.
   */
  public readonly alarms: cloudwatch.Alarm[];

  /**
   * Fires while any of `alarms` does, where asked for.
   */
  public readonly compositeAlarm?: cloudwatch.CompositeAlarm;

  /**
   * @throws where a budget, a threshold, the namespace, the window or a period is none, the warning
   * does not come before the critical alarm, an alarm would need more than CloudWatch takes, or no alarm can
   * reach a topic: it is in another region, or has the key that AWS manages for SNS
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsAlarmsProps) {
    super(scope, id);
    requireShape(this, props, SHAPE);
    const {
      namespace = DEFAULT_NAMESPACE,
      warningPercent = DEFAULT_WARNING_PERCENT,
      criticalPercent = DEFAULT_CRITICAL_PERCENT,
      costPerInvocationThreshold = DEFAULT_COST_PER_INVOCATION,
      costSpikePeriod = DEFAULT_SPIKE_PERIOD,
    } = props;
    // Callers of other languages, and of plain JavaScript, can leave it out.
    if (props.dailyBudget === undefined) {
      throw propError(this, 'dailyBudget', 'given', undefined, 'Give the amount in US dollars, such as 10.');
    }
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireNamespace(this, namespace);
    requireThresholds(this, warningPercent, criticalPercent);
    requireUsd(this, 'costPerInvocationThreshold', costPerInvocationThreshold);
    requireAlarmPeriod(this, 'costSpikePeriod', costSpikePeriod, SPIKE_PERIODS);
    if (props.window) {
      requireWindow(this, props.window, namespace);
      warnOfMissingGauge(this, props.window, namespace);
    }
    requireAgentBudgets(this, props.agentBudgets ?? []);
    warnOfLargeBudgets(this, props.dailyBudget, props.agentBudgets ?? []);
    const agentBudgets = (props.agentBudgets ?? []).map(({ models, ...budget }, index) => ({
      ...budget,
      models: countedModels(this, `agentBudgets[${index}].models`, models),
    }));
    const metrics = new TokenMetrics({ namespace });

    this.warningAlarm = totalBudgetAlarm(
      this,
      'Warning',
      namespace,
      props.dailyBudget,
      warningPercent,
      props.window,
    );
    this.criticalAlarm = totalBudgetAlarm(
      this,
      'Critical',
      namespace,
      props.dailyBudget,
      criticalPercent,
      props.window,
    );
    this.costSpikeAlarm = metrics
      .metricCostPerInvocation({ period: costSpikePeriod })
      .createAlarm(this, 'CostSpike', {
        alarmDescription:
          `The cost per invocation was above ${numberText(costPerInvocationThreshold)} USD twice in a ` +
          `row. ${ONLY_TELLS}`,
        threshold: costPerInvocationThreshold,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: SPIKE_PERIODS,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });

    const onThreshold = (prop: ThresholdAlarmProp) => thresholdAlarm(this, prop, props[prop], metrics);
    this.tokensPerHourAlarm = onThreshold('tokensPerHour');
    this.costPerHourAlarm = onThreshold('costPerHour');
    this.latencyP90Alarm = onThreshold('latencyP90');
    this.latencyP99Alarm = onThreshold('latencyP99');
    this.cacheHitRateAlarm = onThreshold('cacheHitRate');
    this.tokensPerItemAlarm = onThreshold('tokensPerItem');
    this.errorRateAlarm = onThreshold('errorRate');
    this.unpricedCallsAlarm = onThreshold('unpricedCalls');
    this.tracesDroppedAlarm = onThreshold('tracesDropped');
    this.costAnomalyAlarm = costAnomalyAlarm(this, props.costAnomaly, namespace);
    this.agentBudgetAlarms = agentBudgetAlarms(this, namespace, agentBudgets, criticalPercent, props.window);
    this.emfErrorAlarms = emfErrorAlarms(this, props.emfErrors);
    this.deadLetterAlarms = deadLetterAlarms(this, props.deadLetters);
    this.functionErrorAlarms = functionErrorAlarms(this, props.functionErrors);

    this.alarms = [
      this.warningAlarm,
      this.criticalAlarm,
      this.costSpikeAlarm,
      this.tokensPerHourAlarm,
      this.costPerHourAlarm,
      this.latencyP90Alarm,
      this.latencyP99Alarm,
      this.cacheHitRateAlarm,
      this.tokensPerItemAlarm,
      this.errorRateAlarm,
      this.unpricedCallsAlarm,
      this.tracesDroppedAlarm,
      this.costAnomalyAlarm,
      ...this.agentBudgetAlarms,
      ...this.emfErrorAlarms,
      ...this.deadLetterAlarms,
      ...this.functionErrorAlarms,
    ].filter(alarm => alarm !== undefined);
    this.compositeAlarm = props.composite && compositeAlarm(this, this.alarms);

    const told = [
      ...(props.topic ? [new actions.SnsAction(props.topic)] : []),
      ...(props.alarmActions ?? []),
    ];
    const alone = props.composite?.replacesActions ?? false;
    for (const alarm of [
      // Alarms of other stacks are not in the composite.
      ...this.alarms.filter(each => !alone || isElsewhere(this, each)),
      ...(this.compositeAlarm ? [this.compositeAlarm] : []),
    ]) {
      alarm.addAlarmAction(...told);
    }
    letTopicsBeTold(
      this,
      [...this.alarms, ...(this.compositeAlarm ? [this.compositeAlarm] : [])],
      props.topic,
    );
  }
}
