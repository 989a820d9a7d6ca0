import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { DEFAULT_CRITICAL_PERCENT, DEFAULT_NAMESPACE, DEFAULT_WARNING_PERCENT } from '../contract';
import { costAnomalyAlarm } from './anomaly-alarm';
import { agentBudgetAlarms, totalBudgetAlarm } from './budget-alarms';
import { lookAt, ONLY_NOTIFIES, spanWords } from './descriptions';
import { letAlarmsNotifyTopics } from './notified-topics';
import { deadLetterAlarms, emfErrorAlarms, functionErrorAlarms } from './resource-alarms';
import { ALARMS_SHAPE } from './shape';
import { thresholdAlarm, type ThresholdAlarmProp } from './threshold-alarms';
import type { TokenAnalyticsAlarmsProps } from './token-analytics-alarms-options';
import {
  requireAgentBudgets,
  requireCompositeSize,
  requireWindow,
  warnOfLargeBudgets,
  warnOfMissingGauge,
  warnOfUnpublished,
} from './validate';
import { countedModels } from '../metrics/model-names';
import { TokenMetrics } from '../metrics/token-metrics';
import { isInOtherStack } from '../private/alarm-stacks';
import { compareWithPublishers } from '../private/publishers';
import { requireShape } from '../private/shape';
import { numberText } from '../private/token-text';
import {
  requireAlarmPeriod,
  requireGiven,
  requireNamespace,
  requireThresholds,
  requireUsd,
} from '../private/validate';

const DEFAULT_COST_PER_INVOCATION = 0.01;
const DEFAULT_SPIKE_PERIOD = Duration.minutes(5);
const SPIKE_PERIODS = 2;

/**
 * Alarms on the total of all invocations. The alarms send notifications, and block nothing.
 *
 * Three alarms always exist. The warning alarm and the critical alarm compare the cost with the daily budget.
 * They add up the cost of the last 24 hours, unless `window` sets another time range. The cost spike alarm
 * watches the cost per invocation. To enable further alarms, set their properties.
 */
export class TokenAnalyticsAlarms extends Construct {
  /** Fires when the cost reaches `warningPercent` of the daily budget. */
  public readonly warningAlarm: cloudwatch.Alarm;

  /** Fires when the cost reaches `criticalPercent` of the daily budget. */
  public readonly criticalAlarm: cloudwatch.Alarm;

  /** Fires when the cost per invocation is above the threshold in two consecutive periods. */
  public readonly costSpikeAlarm: cloudwatch.Alarm;

  /**
   * Fires when the input and output tokens of an hour reach the threshold. Undefined unless `tokensPerHour`
   * is set.
   */
  public readonly tokensPerHourAlarm?: cloudwatch.Alarm;

  /** Fires when the cost of an hour reaches the threshold. Undefined unless `costPerHour` is set. */
  public readonly costPerHourAlarm?: cloudwatch.Alarm;

  /** Fires when the p90 response latency is above the threshold. Undefined unless `latencyP90` is set. */
  public readonly latencyP90Alarm?: cloudwatch.Alarm;

  /** Fires when the p99 response latency is above the threshold. Undefined unless `latencyP99` is set. */
  public readonly latencyP99Alarm?: cloudwatch.Alarm;

  /**
   * Fires when the share of answers from the application's own cache is below the threshold. Undefined unless
   * `cacheHitRate` is set.
   */
  public readonly cacheHitRateAlarm?: cloudwatch.Alarm;

  /**
   * Fires when the average number of tokens per batch item is above the threshold. Undefined unless
   * `tokensPerItem` is set.
   */
  public readonly tokensPerItemAlarm?: cloudwatch.Alarm;

  /**
   * Fires when the share of failed invocations is above the threshold. Undefined unless `errorRate` is set.
   */
  public readonly errorRateAlarm?: cloudwatch.Alarm;

  /**
   * Fires when the number of invocations without a known price reaches the threshold. Undefined unless
   * `unpricedCalls` is set.
   */
  public readonly unpricedCallsAlarm?: cloudwatch.Alarm;

  /**
   * Fires when the number of lost traces reaches the threshold. A lost trace is neither in the table nor in
   * the log. Undefined unless `tracesDropped` is set.
   */
  public readonly tracesDroppedAlarm?: cloudwatch.Alarm;

  /**
   * Fires when the cost is above the band of values that CloudWatch expects. Undefined unless `costAnomaly`
   * is set.
   */
  public readonly costAnomalyAlarm?: cloudwatch.Alarm;

  /** One alarm for each entry of `agentBudgets`, in the same order. */
  public readonly agentBudgetAlarms: cloudwatch.Alarm[];

  /** One alarm for each log group of `emfErrors`, in the same order. */
  public readonly emfErrorAlarms: cloudwatch.Alarm[];

  /** One alarm for each queue of `deadLetters`, in the same order. */
  public readonly deadLetterAlarms: cloudwatch.Alarm[];

  /** One alarm for each function of `functionErrors`, in the same order. */
  public readonly functionErrorAlarms: cloudwatch.Alarm[];

  /** All alarms of this construct, except the composite alarm. */
  public readonly alarms: cloudwatch.Alarm[];

  /**
   * Fires while at least one of `alarms` fires. Alarms in other stacks are not included. Undefined unless
   * `composite` is set.
   */
  public readonly compositeAlarm?: cloudwatch.CompositeAlarm;

  /**
   * Creates the alarms.
   *
   * @throws if a budget, a threshold, the namespace, the window or a period is invalid
   * @throws if `warningPercent` is not below `criticalPercent`
   * @throws if an alarm would exceed a CloudWatch limit
   * @throws if a topic is in another region than the alarms
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsAlarmsProps) {
    super(scope, id);
    requireShape(this, props, ALARMS_SHAPE);
    const {
      namespace = DEFAULT_NAMESPACE,
      warningPercent = DEFAULT_WARNING_PERCENT,
      criticalPercent = DEFAULT_CRITICAL_PERCENT,
      costPerInvocationThreshold = DEFAULT_COST_PER_INVOCATION,
      costSpikePeriod = DEFAULT_SPIKE_PERIOD,
    } = props;
    // Callers in other languages and in plain JavaScript can omit `dailyBudget`.
    requireGiven(this, 'dailyBudget', props.dailyBudget, 'Give the amount in US dollars, such as 10.');
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
    compareWithPublishers(this, namespace, publishers => warnOfUnpublished(this, props, publishers));
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
    this.costSpikeAlarm = costSpikeAlarm(this, metrics, costPerInvocationThreshold, costSpikePeriod);

    const enabledAlarm = (prop: ThresholdAlarmProp) => thresholdAlarm(this, prop, props[prop], metrics);
    this.tokensPerHourAlarm = enabledAlarm('tokensPerHour');
    this.costPerHourAlarm = enabledAlarm('costPerHour');
    this.latencyP90Alarm = enabledAlarm('latencyP90');
    this.latencyP99Alarm = enabledAlarm('latencyP99');
    this.cacheHitRateAlarm = enabledAlarm('cacheHitRate');
    this.tokensPerItemAlarm = enabledAlarm('tokensPerItem');
    this.errorRateAlarm = enabledAlarm('errorRate');
    this.unpricedCallsAlarm = enabledAlarm('unpricedCalls');
    this.tracesDroppedAlarm = enabledAlarm('tracesDropped');
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

    const alarmActions = [
      ...(props.topic ? [new actions.SnsAction(props.topic)] : []),
      ...(props.alarmActions ?? []),
    ];
    const notifyingAlarms = [
      // With `replacesActions`, only the composite alarm runs the actions. Alarms in other stacks keep their
      // actions, because the composite alarm does not include them.
      ...this.alarms.filter(alarm => !props.composite?.replacesActions || isInOtherStack(this, alarm)),
      ...(this.compositeAlarm ? [this.compositeAlarm] : []),
    ];
    if (alarmActions.length > 0) {
      for (const alarm of notifyingAlarms) alarm.addAlarmAction(...alarmActions);
    }
    letAlarmsNotifyTopics(
      this,
      [...this.alarms, ...(this.compositeAlarm ? [this.compositeAlarm] : [])],
      props.topic,
    );
  }
}

/**
 * Creates the alarm that fires when the cost per invocation is above `threshold` (US dollars) in two
 * consecutive periods.
 */
function costSpikeAlarm(
  scope: Construct,
  metrics: TokenMetrics,
  threshold: number,
  period: Duration,
): cloudwatch.Alarm {
  return metrics.metricCostPerInvocation({ period }).createAlarm(scope, 'CostSpike', {
    alarmDescription:
      `The cost per invocation was above ${numberText(threshold)} USD ${spanWords(period, SPIKE_PERIODS)}. ` +
      'Possible causes: longer prompts or answers, or a more expensive model. ' +
      `${lookAt('Cost by agent', 'Token usage by agent')} ${ONLY_NOTIFIES}`,
    threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: SPIKE_PERIODS,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/**
 * Creates an alarm that fires while at least one of the given alarms fires. Alarms in other stacks are
 * ignored, because they may be deployed later. CloudWatch rejects a rule if one of its alarms does not exist.
 */
function compositeAlarm(scope: Construct, all: readonly cloudwatch.Alarm[]): cloudwatch.CompositeAlarm {
  const alarms = all.filter(alarm => !isInOtherStack(scope, alarm));
  requireCompositeSize(scope, alarms);
  const composite = new cloudwatch.CompositeAlarm(scope, 'Composite', {
    alarmDescription:
      `At least one of ${alarms.length} token analytics alarms is firing. The description of each firing alarm ` +
      `says what happened and where to look. ${ONLY_NOTIFIES}`,
    // Refers to the alarms by name, not by ARN. A rule with 100 ARNs would exceed the limit of
    // 10,240 characters (PutCompositeAlarm).
    alarmRule: cloudwatch.AlarmRule.anyOf(
      ...alarms.map(alarm => cloudwatch.AlarmRule.fromString(`ALARM("${alarm.alarmName}")`)),
    ),
  });
  // Lets CloudFormation generate a unique name. aws-cdk-lib derives the name from the construct path, which
  // can be the same in two stacks of one account.
  (composite.node.defaultChild as cloudwatch.CfnCompositeAlarm).alarmName = undefined;
  return composite;
}
