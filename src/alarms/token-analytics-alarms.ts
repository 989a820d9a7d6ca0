import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { DEFAULT_CRITICAL_PERCENT, DEFAULT_NAMESPACE, DEFAULT_WARNING_PERCENT } from '../contract';
import { costAnomalyAlarm } from './anomaly';
import { compositeAlarm } from './composite';
import { agentBudgetAlarms, totalBudgetAlarm } from './daily-budget';
import { ONLY_TELLS } from './descriptions';
import { letAlarmsNotifyTopics } from './notified-topics';
import { deadLetterAlarms, emfErrorAlarms, functionErrorAlarms } from './resources';
import { ALARMS_SHAPE } from './shape';
import { thresholdAlarm, type ThresholdAlarmProp } from './thresholds';
import type { TokenAnalyticsAlarmsProps } from './token-analytics-alarms-options';
import {
  compareAlarms,
  requireAgentBudgets,
  requireWindow,
  warnOfLargeBudgets,
  warnOfMissingGauge,
} from './validate';
import { countedModels } from '../metrics/model-names';
import { TokenMetrics } from '../metrics/token-metrics';
import { isInOtherStack } from '../private/alarm-stacks';
import { compareWithPublishers } from '../private/publishers';
import { requireShape } from '../private/shape';
import { numberText } from '../private/token-text';
import {
  propError,
  requireAlarmPeriod,
  requireNamespace,
  requireThresholds,
  requireUsd,
} from '../private/validate';

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
    requireShape(this, props, ALARMS_SHAPE);
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
    compareWithPublishers(this, namespace, publishers => compareAlarms(this, props, publishers));
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
      ...this.alarms.filter(each => !alone || isInOtherStack(this, each)),
      ...(this.compositeAlarm ? [this.compositeAlarm] : []),
    ]) {
      alarm.addAlarmAction(...told);
    }
    letAlarmsNotifyTopics(
      this,
      [...this.alarms, ...(this.compositeAlarm ? [this.compositeAlarm] : [])],
      props.topic,
    );
  }
}
