import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { PeriodAlarmOptions } from './alarm-options';
import { lookAt, ONLY_NOTIFIES, spanWords } from './descriptions';
import { AMOUNT, requireEvaluation, requireThreshold } from './validate';
import { METRICS } from '../contract';
import { contractMetric } from '../metrics/token-metric';
import { numberText } from '../private/token-text';
import { propError } from '../private/validate';

const DEFAULT_STANDARD_DEVIATIONS = 3;
const DEFAULT_PERIOD = Duration.hours(1);
const DEFAULT_EVALUATION_PERIODS = 1;

/**
 * Creates the alarm on a cost above the band of values that CloudWatch expects. A cost below the band does
 * not fire the alarm. Returns undefined if `options` is undefined.
 */
export function costAnomalyAlarm(
  scope: Construct,
  options: PeriodAlarmOptions | undefined,
  namespace: string,
): cloudwatch.Alarm | undefined {
  if (options === undefined) return undefined;
  const {
    threshold = DEFAULT_STANDARD_DEVIATIONS,
    period = DEFAULT_PERIOD,
    evaluationPeriods = DEFAULT_EVALUATION_PERIODS,
  } = options;
  const fix = `Give standard deviations, such as ${DEFAULT_STANDARD_DEVIATIONS}.`;
  if (Token.isUnresolved(threshold)) {
    throw propError(scope, 'costAnomaly.threshold', 'a number that is known at synthesis', 'a token', fix);
  }
  requireThreshold(scope, 'costAnomaly.threshold', threshold, AMOUNT, fix);
  requireEvaluation(scope, 'costAnomaly', period, evaluationPeriods);
  return new cloudwatch.AnomalyDetectionAlarm(scope, 'CostAnomaly', {
    alarmDescription:
      `Invocations cost more ${spanWords(period, evaluationPeriods)} than CloudWatch expects at this time ` +
      `of the week, by more than ${numberText(threshold)} standard deviations. Possible causes: more ` +
      `traffic, longer prompts, or a more expensive model. ${lookAt('Cost by agent')} ${ONLY_NOTIFIES}`,
    metric: contractMetric(namespace, METRICS.totalCost, undefined, { period }),
    stdDevs: threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
    evaluationPeriods,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}
