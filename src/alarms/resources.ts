import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IConstruct } from 'constructs';
import { ONLY_TELLS, spanWords } from './descriptions';
import { AMOUNT, requireEvaluation, requireResources, requireThreshold } from './validate';
import { EMF_ERRORS, LOGS_NAMESPACE } from '../contract';
import type { DeadLetterAlarmOptions, EmfErrorAlarmOptions, PeriodAlarmOptions } from './alarm-options';
import { numberText } from '../private/number-text';

const DEFAULT_THRESHOLD = 1;
const DEFAULT_EVALUATION_PERIODS = 1;
const EMF_PERIOD = Duration.hours(1);
const DEAD_LETTER_PERIOD = Duration.minutes(5);

/** What the alarms of one kind of resource have of their own. */
interface ResourceAlarm<T extends IConstruct> {
  readonly prop: string;
  /** The scope that they are in. */
  readonly id: string;
  readonly unit: string;
  readonly period: Duration;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  readonly metric: (resource: T, period: Duration) => cloudwatch.IMetric;
  readonly says: (resource: T, threshold: string, span: string) => string;
}

const EMF_ERROR_ALARM: ResourceAlarm<logs.ILogGroup> = {
  prop: 'emfErrors',
  id: 'EmfErrors',
  unit: 'errors',
  period: EMF_PERIOD,
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  metric: (logGroup, period) =>
    new cloudwatch.MathExpression({
      expression: Object.keys(EMF_ERRORS).join(' + '),
      usingMetrics: Object.fromEntries(
        Object.entries(EMF_ERRORS).map(([id, metricName]) => [
          id,
          new cloudwatch.Metric({
            namespace: LOGS_NAMESPACE,
            metricName,
            dimensionsMap: { LogGroupName: logGroup.logGroupName },
            statistic: cloudwatch.Stats.SUM,
            period,
          }).attachTo(logGroup),
        ]),
      ),
      period,
      label: 'Metric lines not read',
    }),
  says: (logGroup, threshold, span) =>
    `CloudWatch did not take ${threshold} or more metric lines of log group ${logGroup.logGroupName} ` +
    `${span}. ` +
    'Their tokens and cost are in no metric and no alarm: look there for lines with `_aws`, and for ' +
    'an account policy against metric extraction.',
};

const DEAD_LETTER_ALARM: ResourceAlarm<sqs.IQueue> = {
  prop: 'deadLetters',
  id: 'DeadLetters',
  unit: 'messages',
  period: DEAD_LETTER_PERIOD,
  // Six hours after the last call on a queue its metrics stop
  // (SQS Developer Guide), while the messages still lie there.
  treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  metric: (queue, period) =>
    queue.metricApproximateNumberOfMessagesVisible({ period, statistic: cloudwatch.Stats.MAXIMUM }),
  says: (queue, threshold, span) =>
    `${threshold} or more messages lay in dead-letter queue ${queue.queueName} ${span}. ` +
    'Usage that they tell of is in no metric and no trace: read the reason in a message, mend it, ' +
    'and send them back before they expire.',
};

export function emfErrorAlarms(
  scope: Construct,
  options: EmfErrorAlarmOptions | undefined,
): cloudwatch.Alarm[] {
  return options === undefined
    ? []
    : resourceAlarms(scope, EMF_ERROR_ALARM, 'logGroups', 'log group', options.logGroups, options);
}

export function deadLetterAlarms(
  scope: Construct,
  options: DeadLetterAlarmOptions | undefined,
): cloudwatch.Alarm[] {
  return options === undefined
    ? []
    : resourceAlarms(scope, DEAD_LETTER_ALARM, 'queues', 'queue', options.queues, options);
}

function resourceAlarms<T extends IConstruct>(
  scope: Construct,
  kind: ResourceAlarm<T>,
  list: string,
  what: string,
  resources: readonly T[],
  options: PeriodAlarmOptions,
): cloudwatch.Alarm[] {
  const { prop, unit } = kind;
  const {
    threshold = DEFAULT_THRESHOLD,
    period = kind.period,
    evaluationPeriods = DEFAULT_EVALUATION_PERIODS,
  } = options;
  requireResources(scope, `${prop}.${list}`, resources, what);
  requireThreshold(
    scope,
    `${prop}.threshold`,
    threshold,
    AMOUNT,
    `Give ${unit}, such as ${DEFAULT_THRESHOLD}.`,
  );
  requireEvaluation(scope, prop, period, evaluationPeriods);
  const group = new Construct(scope, kind.id);
  return resources.map(
    resource =>
      new cloudwatch.Alarm(group, idOf(scope, resource), {
        alarmDescription:
          `${kind.says(resource, numberText(threshold), spanWords(period, evaluationPeriods))} ` +
          `${ONLY_TELLS}`,
        metric: kind.metric(resource, period),
        threshold,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods,
        treatMissingData: kind.treatMissingData,
      }),
  );
}

/**
 * A resource's path, so that the alarm's name tells which it
 * watches, and another order of the list changes nothing.
 */
function idOf(scope: Construct, resource: IConstruct): string {
  const stack = Stack.of(resource);
  return stack === Stack.of(scope)
    ? resource.node.path.slice(stack.node.path.length + 1)
    : resource.node.path;
}
