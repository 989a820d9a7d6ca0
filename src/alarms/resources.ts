import { Duration, type IResource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ONLY_TELLS, spanWords } from './descriptions';
import { alarmPlace, withoutReference } from './place';
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

/** What the alarms of one kind of resource have of their own. */
interface ResourceAlarm<T extends IResource> {
  readonly prop: string;
  /** The property of the resources in it. */
  readonly list: string;
  /** One of them, as an error says it. */
  readonly what: string;
  /** The scope that they are in. */
  readonly id: string;
  readonly unit: string;
  readonly period: Duration;
  readonly treatMissingData: cloudwatch.TreatMissingData;
  readonly nameOf: (resource: T) => string;
  /** Without references to other stacks where `plain` can do without. */
  readonly metric: (resource: T, period: Duration, plain: (name: string) => string) => cloudwatch.IMetric;
  readonly says: (name: string, threshold: string, span: string) => string;
  /** Requires that the alarm can ever fire. */
  readonly requireWatchable?: (scope: Construct, prop: string, resource: T) => void;
  /** Is the same for two constructs of one resource. */
  readonly keyOf: (scope: Construct, resource: T) => string;
}

const EMF_ERROR_ALARM: ResourceAlarm<logs.ILogGroup> = {
  prop: 'emfErrors',
  list: 'logGroups',
  what: 'log group',
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
      label: 'Metric lines not read',
    }),
  says: (logGroupName, threshold, span) =>
    `CloudWatch did not take ${threshold} or more metric lines of log group ${logGroupName} ${span}. ` +
    'Their tokens and cost are in no metric and no alarm: look there for lines with `_aws`, and for ' +
    'an account policy against metric extraction.',
  requireWatchable: (scope, prop, logGroup) => {
    requireLogGroupName(scope, prop, logGroup);
    requireStandardClass(
      scope,
      prop,
      logGroup,
      'No metrics are read from lines of other classes, so that the alarm could never fire. A class cannot ' +
        'be changed: give the function another log group, or have it put its metrics itself.',
    );
  },
  keyOf: logGroupKey,
};

const DEAD_LETTER_ALARM: ResourceAlarm<sqs.IQueue> = {
  prop: 'deadLetters',
  list: 'queues',
  what: 'queue',
  id: 'DeadLetters',
  unit: 'messages',
  period: DEAD_LETTER_PERIOD,
  // Six hours after the last call on a queue its metrics stop
  // (SQS Developer Guide), while the messages still lie there.
  treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  nameOf: ({ queueName }) => queueName,
  metric: (queue, period, plain) =>
    withDimensions(
      queue.metricApproximateNumberOfMessagesVisible({ period, statistic: cloudwatch.Stats.MAXIMUM }),
      plain,
    ),
  says: (queueName, threshold, span) =>
    `${threshold} or more messages lay in dead-letter queue ${queueName} ${span}. ` +
    'Usage that they tell of is in no metric and no trace: read the reason in a message, mend it, ' +
    'and send them back before they expire.',
  keyOf: (scope, queue) => resourceKey(scope, queue.queueArn),
};

const FUNCTION_ERROR_ALARM: ResourceAlarm<lambda.IFunction> = {
  prop: 'functionErrors',
  list: 'functions',
  what: 'function',
  id: 'FunctionErrors',
  unit: 'errors',
  period: FUNCTION_ERROR_PERIOD,
  // A function that is not called has no metrics. The alarm must be OK again by then, as it
  // tells nothing of the next failure while it is still firing on the last one.
  treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  nameOf: ({ functionName }) => functionName,
  metric: (fn, period, plain) =>
    withDimensions(fn.metricErrors({ period, statistic: cloudwatch.Stats.SUM }), plain),
  says: (functionName, threshold, span) =>
    `Function ${functionName} failed ${threshold} or more times ${span}. ` +
    'Lambda tries an asynchronous invocation again; after the last try it is lost, unless the function ' +
    'has a destination for failures: look into the log of the function.',
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
  kind: ResourceAlarm<T>,
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
  requireResources(scope, list, resources, kind.what, resource => keyOf(scope, resource));
  for (const resource of resources) {
    requireSamePlace(scope, list, resource, 'An alarm sees its own region and account: put one there.');
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
        `${kind.says(name, numberText(threshold), spanWords(period, evaluationPeriods))} ` + ONLY_TELLS,
      metric: kind.metric(resource, period, plain),
      threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods,
      treatMissingData: kind.treatMissingData,
    });
  });
}

/** Returns a metric with changed values of its dimensions. */
function withDimensions(metric: cloudwatch.Metric, change: (value: string) => string): cloudwatch.Metric {
  const dimensions = Object.entries(metric.dimensions ?? {}) as [string, string][];
  return metric.with({
    dimensionsMap: Object.fromEntries(dimensions.map(([name, value]) => [name, change(value)])),
  });
}
