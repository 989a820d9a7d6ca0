import { Duration, type IResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { alarmPlace, withoutReference } from './alarm-place';
import { ONLY_NOTIFIES, spanWords } from './descriptions';
import { AMOUNT, requireEvaluation, requireResources, requireThreshold } from './validate';
import { EMF_ERRORS, LOGS_NAMESPACE } from '../contract';
import type {
  DeadLetterAlarmOptions,
  EmfErrorAlarmOptions,
  FunctionErrorAlarmOptions,
  PeriodAlarmOptions,
} from './alarm-options';
import { logGroupKey, requireLogGroupName, requireStandardClass, resourceKey } from '../private/log-group';
import { requireSamePlace } from '../private/region-account';
import { numberText } from '../private/token-text';

const DEFAULT_THRESHOLD = 1;
const DEFAULT_EVALUATION_PERIODS = 1;
const EMF_PERIOD = Duration.hours(1);
const DEAD_LETTER_PERIOD = Duration.minutes(5);
const FUNCTION_ERROR_PERIOD = Duration.minutes(5);

/** Settings for the alarms on one kind of resource: log groups, queues or functions. */
interface ResourceAlarmKind<T extends IResource> {
  /** Name of the property of `TokenAnalyticsAlarms` that enables the alarms, such as `deadLetters`. */
  readonly prop: string;
  /** Name of the list of resources in the options, such as `queues`. */
  readonly list: string;
  /** Noun for one resource in error messages, such as "queue". */
  readonly noun: string;
  /** Id of the construct that contains the alarms, such as `DeadLetters`. */
  readonly id: string;
  /** Unit of the threshold in error messages, such as "messages". */
  readonly unit: string;
  /** Length of an evaluation period, unless the app sets `period`. */
  readonly period: Duration;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  readonly nameOf: (resource: T) => string;
  /**
   * Creates the metric of the alarm. Calls `plain` with the name of the resource. If the name is a reference
   * to another stack, `plain` returns the literal name.
   */
  readonly metric: (resource: T, period: Duration, plain: (name: string) => string) => cloudwatch.IMetric;
  /** Returns the start of the alarm description: the event, its effect and the next steps. */
  readonly describe: (name: string, threshold: string, span: string) => string;
  /** Throws an error if an alarm on the resource could never fire. */
  readonly requireWatchable?: (scope: Construct, prop: string, resource: T) => void;
  /** Returns a key that identifies the resource. A queue and an import of this queue have the same key. */
  readonly keyOf: (scope: Construct, resource: T) => string;
}

const EMF_ERROR_ALARM: ResourceAlarmKind<logs.ILogGroup> = {
  prop: 'emfErrors',
  list: 'logGroups',
  noun: 'log group',
  id: 'EmfErrors',
  unit: 'errors',
  period: EMF_PERIOD,
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  nameOf: ({ logGroupName }) => logGroupName,
  metric: (logGroup, period, plain) =>
    new cloudwatch.MathExpression({
      expression: Object.keys(EMF_ERRORS).join(' + '),
      usingMetrics: Object.fromEntries(
        Object.entries(EMF_ERRORS).map(([id, metricName]) => [
          id,
          new cloudwatch.Metric({
            namespace: LOGS_NAMESPACE,
            metricName,
            dimensionsMap: { LogGroupName: plain(logGroup.logGroupName) },
            statistic: cloudwatch.Stats.SUM,
            period,
          }).attachTo(logGroup),
        ]),
      ),
      period,
      label: 'Metric lines that could not be read',
    }),
  describe: (logGroupName, threshold, span) =>
    `CloudWatch could not read ${threshold} or more metric lines in log group ${logGroupName} ${span}. ` +
    'Their tokens and cost are missing in metrics and alarms. Look for lines with `_aws` in the log ' +
    'group, and for an account policy that disables metric extraction.',
  requireWatchable: (scope, prop, logGroup) => {
    requireLogGroupName(scope, prop, logGroup);
    requireStandardClass(
      scope,
      prop,
      logGroup,
      'CloudWatch reads no metrics from log groups of other classes, so the alarm could never fire. The class of ' +
        'a log group cannot be changed: give the function another log group, or send its metrics ' +
        'with `metricSink: MetricSink.PUT_METRIC_DATA`.',
    );
  },
  keyOf: logGroupKey,
};

const DEAD_LETTER_ALARM: ResourceAlarmKind<sqs.IQueue> = {
  prop: 'deadLetters',
  list: 'queues',
  noun: 'queue',
  id: 'DeadLetters',
  unit: 'messages',
  period: DEAD_LETTER_PERIOD,
  // With `IGNORE`, the alarm keeps its state while the queue has no metrics. A queue stops publishing metrics
  // six hours after its last request (SQS Developer Guide), even if it still contains messages.
  treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  nameOf: ({ queueName }) => queueName,
  metric: (queue, period, plain) =>
    withDimensions(
      queue.metricApproximateNumberOfMessagesVisible({ period, statistic: cloudwatch.Stats.MAXIMUM }),
      plain,
    ),
  describe: (queueName, threshold, span) =>
    `Dead-letter queue ${queueName} contained ${threshold} or more messages ${span}. ` +
    'Usage in these messages is missing in metrics and traces. Read the reason in a message, fix it, ' +
    'and send the messages again before they expire.',
  keyOf: (scope, queue) => resourceKey(scope, queue.queueArn),
};

const FUNCTION_ERROR_ALARM: ResourceAlarmKind<lambda.IFunction> = {
  prop: 'functionErrors',
  list: 'functions',
  noun: 'function',
  id: 'FunctionErrors',
  unit: 'errors',
  period: FUNCTION_ERROR_PERIOD,
  // With `NOT_BREACHING`, the alarm returns to OK in a period without runs of the function. If the alarm
  // stayed in the alarm state, the next failure would cause no new message.
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  nameOf: ({ functionName }) => functionName,
  metric: (fn, period, plain) =>
    withDimensions(fn.metricErrors({ period, statistic: cloudwatch.Stats.SUM }), plain),
  describe: (functionName, threshold, span) =>
    `Function ${functionName} failed ${threshold} or more times ${span}. ` +
    'Lambda retries asynchronous events. After the last retry an event is lost, unless the function has a ' +
    'failure destination. Look at the log of the function.',
  keyOf: (scope, fn) => resourceKey(scope, fn.functionArn),
};

export function emfErrorAlarms(
  scope: Construct,
  options: EmfErrorAlarmOptions | undefined,
): cloudwatch.Alarm[] {
  return options === undefined ? [] : resourceAlarms(scope, EMF_ERROR_ALARM, options.logGroups, options);
}

export function deadLetterAlarms(
  scope: Construct,
  options: DeadLetterAlarmOptions | undefined,
): cloudwatch.Alarm[] {
  return options === undefined ? [] : resourceAlarms(scope, DEAD_LETTER_ALARM, options.queues, options);
}

export function functionErrorAlarms(
  scope: Construct,
  options: FunctionErrorAlarmOptions | undefined,
): cloudwatch.Alarm[] {
  return options === undefined ? [] : resourceAlarms(scope, FUNCTION_ERROR_ALARM, options.functions, options);
}

function resourceAlarms<T extends IResource>(
  scope: Construct,
  kind: ResourceAlarmKind<T>,
  resources: readonly T[],
  options: PeriodAlarmOptions,
): cloudwatch.Alarm[] {
  const { prop, unit, keyOf } = kind;
  const {
    threshold = DEFAULT_THRESHOLD,
    period = kind.period,
    evaluationPeriods = DEFAULT_EVALUATION_PERIODS,
  } = options;
  const list = `${prop}.${kind.list}`;
  requireResources(scope, list, resources, kind.noun, resource => keyOf(scope, resource));
  for (const resource of resources) {
    requireSamePlace(
      scope,
      list,
      resource,
      'An alarm reads only metrics of its own region and account: create the alarms there.',
    );
    kind.requireWatchable?.(scope, list, resource);
  }
  requireThreshold(
    scope,
    `${prop}.threshold`,
    threshold,
    AMOUNT,
    `Give ${unit}, such as ${DEFAULT_THRESHOLD}.`,
  );
  requireEvaluation(scope, prop, period, evaluationPeriods);
  return resources.map(resource => {
    const plain = (value: string) => withoutReference(scope, resource, value);
    const name = plain(kind.nameOf(resource));
    const place = alarmPlace(scope, kind.id, resource, name);
    return new cloudwatch.Alarm(place.scope, place.id, {
      alarmName: place.alarmName,
      alarmDescription:
        `${kind.describe(name, numberText(threshold), spanWords(period, evaluationPeriods))} ` +
        ONLY_NOTIFIES,
      metric: kind.metric(resource, period, plain),
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods,
      treatMissingData: kind.treatMissingData,
    });
  });
}

/** Returns a copy of a metric with changed dimension values, such as a queue name. */
function withDimensions(metric: cloudwatch.Metric, change: (value: string) => string): cloudwatch.Metric {
  const dimensions = Object.entries(metric.dimensions ?? {}) as [string, string][];
  return metric.with({
    dimensionsMap: Object.fromEntries(dimensions.map(([name, value]) => [name, change(value)])),
  });
}
