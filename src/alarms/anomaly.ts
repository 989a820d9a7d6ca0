import { Duration, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { PeriodAlarmOptions } from './alarm-options';
import { ONLY_TELLS, spanWords } from './descriptions';
import { AMOUNT, requireEvaluation, requireThreshold } from './validate';
import { METRICS } from '../contract';
import { contractMetric } from '../metrics/token-metric';
import { numberText } from '../private/token-text';
import { propError } from '../private/validate';

const DEFAULT_STANDARD_DEVIATIONS = 3;
const DEFAULT_PERIOD = Duration.hours(1);
const DEFAULT_EVALUATION_PERIODS = 1;

/**
 * An alarm on cost above the band that CloudWatch has learned;
 * cost below it is good news, or told by other alarms.
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
  const mend = `Give standard deviations, such as ${DEFAULT_STANDARD_DEVIATIONS}.`;
  if (Token.isUnresolved(threshold)) {
    throw propError(scope, 'costAnomaly.threshold', 'a number that is known at synthesis', 'a token', mend);
  }
  requireThreshold(scope, 'costAnomaly.threshold', threshold, AMOUNT, mend);
  requireEvaluation(scope, 'costAnomaly', period, evaluationPeriods);
  return new cloudwatch.AnomalyDetectionAlarm(scope, 'CostAnomaly', {
    alarmDescription:
      `Model calls cost more ${spanWords(period, evaluationPeriods)} than CloudWatch expects at this ` +
      `hour and weekday, by over ${numberText(threshold)} standard deviations. ` +
      `Something has changed: the dashboard shows which agent and model. ${ONLY_TELLS}`,
    metric: contractMetric(namespace, METRICS.totalCost, undefined, { period }),
    stdDevs: threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
    evaluationPeriods,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}
