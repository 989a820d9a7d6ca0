import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DEFAULT_NAMESPACE, METRICS } from './contract';
import { numberText } from './private/number-text';
import { contractMetric } from './private/token-metric';
import { propError, requireAlarmPeriod, requireNamespace, requireThresholds, requireUsd } from './private/validate';
import { TokenMetrics } from './token-metrics';

/**
 * Properties of the alarms.
 */
export interface TokenAnalyticsAlarmsProps {
  /**
   * The daily budget, in US dollars, above 0. The alarms look at the last 24 hours. Nothing is enforced.
   */
  readonly dailyBudget: number;

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
   * Above which cost per invocation, in US dollars, the spike alarm fires.
   *
   * @default 0.01
   */
  readonly costPerInvocationThreshold?: number;

  /**
   * Over which period the cost per invocation is taken: a multiple of a minute. It must be above the threshold twice in a row.
   *
   * @default Duration.minutes(5)
   */
  readonly costSpikePeriod?: Duration;

  /**
   * A topic that is told when an alarm fires.
   *
   * @default - none is told
   */
  readonly topic?: sns.ITopic;

  /**
   * Other actions to take when an alarm fires.
   *
   * @default - none
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];
}

const DEFAULT_WARNING_PERCENT = 80;
const DEFAULT_CRITICAL_PERCENT = 95;
const DEFAULT_COST_PER_INVOCATION = 0.01;
const DEFAULT_SPIKE_PERIOD = Duration.minutes(5);
const SPIKE_PERIODS = 2;
const BUDGET_PERIOD = Duration.days(1);
const ONLY_TELLS = 'It only tells: nothing is blocked or enforced.';

/**
 * Three alarms: a warning and a critical one on the cost of the last 24 hours against a daily budget, and one on spikes of the
 * cost per invocation. They tell, and enforce nothing.
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

  private readonly metrics: TokenMetrics;

  /**
   * @throws where a budget, a share, the threshold, the namespace or the period is none, or the warning does not come before
   *   the critical alarm
   */
  constructor(scope: Construct, id: string, props: TokenAnalyticsAlarmsProps) {
    super(scope, id);
    const {
      namespace = DEFAULT_NAMESPACE,
      warningPercent = DEFAULT_WARNING_PERCENT,
      criticalPercent = DEFAULT_CRITICAL_PERCENT,
      costPerInvocationThreshold = DEFAULT_COST_PER_INVOCATION,
      costSpikePeriod = DEFAULT_SPIKE_PERIOD,
    } = props;
    // Callers of other languages, and of plain JavaScript, can leave it out.
    if (props.dailyBudget === undefined) throw propError(this, 'dailyBudget', 'given', undefined, 'Give the amount in US dollars, such as 10.');
    requireUsd(this, 'dailyBudget', props.dailyBudget);
    requireNamespace(this, namespace);
    requireThresholds(this, warningPercent, criticalPercent);
    requireUsd(this, 'costPerInvocationThreshold', costPerInvocationThreshold);
    requireAlarmPeriod(this, 'costSpikePeriod', costSpikePeriod, SPIKE_PERIODS);
    this.metrics = new TokenMetrics({ namespace });

    this.warningAlarm = this.budgetAlarm('Warning', props.dailyBudget, warningPercent);
    this.criticalAlarm = this.budgetAlarm('Critical', props.dailyBudget, criticalPercent);
    this.costSpikeAlarm = this.metrics.metricCostPerInvocation({ period: costSpikePeriod }).createAlarm(this, 'CostSpike', {
      alarmDescription: `The cost per invocation was above ${numberText(costPerInvocationThreshold)} USD twice in a row. ${ONLY_TELLS}`,
      threshold: costPerInvocationThreshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: SPIKE_PERIODS,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });

    const told = [...(props.topic ? [new actions.SnsAction(props.topic)] : []), ...props.alarmActions ?? []];
    for (const alarm of [this.warningAlarm, this.criticalAlarm, this.costSpikeAlarm]) alarm.addAlarmAction(...told);
  }

  private budgetAlarm(id: string, dailyBudget: number, percent: number): cloudwatch.Alarm {
    const cost = contractMetric(this.metrics.namespace, METRICS.totalCost, undefined, { period: BUDGET_PERIOD });
    const common = {
      alarmDescription: `The cost of the last 24 hours has reached ${numberText(percent)} % of the daily budget of ${numberText(dailyBudget)} USD. ${ONLY_TELLS}`,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    };
    if (!Token.isUnresolved(dailyBudget) && !Token.isUnresolved(percent)) {
      return new cloudwatch.Alarm(this, id, { ...common, metric: cost, threshold: dailyBudget * percent / 100 });
    }
    // CloudFormation cannot multiply: where an amount is known only at deployment, CloudWatch does it.
    const share = new cloudwatch.MathExpression({
      expression: `100 * cost / ${numberText(dailyBudget)}`,
      usingMetrics: { cost },
      period: BUDGET_PERIOD,
      label: 'Per cent of the daily budget',
    });
    return new cloudwatch.Alarm(this, id, { ...common, metric: share, threshold: percent });
  }
}
