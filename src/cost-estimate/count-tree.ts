import { CfnResource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { findAlarmsInOtherStacks } from '../private/alarm-stacks';

/** Numbers of billed CloudWatch resources in a construct tree. */
export interface TreeCounts {
  readonly alarmMetrics: number;
  readonly highResolutionAlarmMetrics: number;
  /**
   * Number of alarms on a Metrics Insights query. CloudWatch bills such an alarm by the number of metrics
   * that its query analyzes.
   */
  readonly queryAlarms: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
}

/**
 * Element of the property `metrics` of an `AWS::CloudWatch::Alarm`. Contains only the fields that determine
 * the price.
 */
interface AlarmMetric {
  readonly expression?: string;
  readonly metricStat?: { readonly period?: number };
}

/** Period in seconds. Alarms with a shorter period are high-resolution alarms, which have a higher price. */
const HIGH_RESOLUTION_BELOW_SECONDS = 60;
/**
 * Number of metrics that CloudWatch bills for an anomaly detection alarm: the metric, and the upper and lower
 * bound of its band (CloudWatch pricing).
 */
const METRICS_OF_ANOMALY_ALARM = 3;

/**
 * Counts the alarms, the metrics of the alarms, and the dashboards in a tree of constructs. Includes alarms
 * that constructs of the tree have created in other stacks.
 */
export function countTree(scope: IConstruct): TreeCounts {
  const tree = scope.node.findAll();
  const resources = [...new Set([...tree, ...findAlarmsInOtherStacks(tree)])].filter(
    (construct): construct is CfnResource => CfnResource.isCfnResource(construct),
  );
  const ofType = (type: string) =>
    resources.filter(({ cfnResourceType }) => cfnResourceType === `AWS::CloudWatch::${type}`);
  const alarms = ofType('Alarm').map(alarm =>
    alarm instanceof cloudwatch.CfnAlarm ? billingOf(alarm) : { metrics: 1 },
  );
  const metricsOf = (chosen: readonly AlarmBilling[]) =>
    chosen.reduce((sum, { metrics }) => sum + metrics, 0);
  return {
    alarmMetrics: metricsOf(alarms.filter(({ isHighResolution }) => !isHighResolution)),
    highResolutionAlarmMetrics: metricsOf(alarms.filter(({ isHighResolution }) => isHighResolution)),
    queryAlarms: alarms.filter(({ isQuery }) => isQuery).length,
    compositeAlarms: ofType('CompositeAlarm').length,
    dashboards: ofType('Dashboard').length,
  };
}

/** Data of one alarm that determines its price: the number of metrics, and the kind of the alarm. */
interface AlarmBilling {
  readonly metrics: number;
  readonly isHighResolution?: boolean;
  readonly isQuery?: boolean;
}

function billingOf(alarm: cloudwatch.CfnAlarm): AlarmBilling {
  const { metrics, period, thresholdMetricId } = Stack.of(alarm).resolve({
    metrics: alarm.metrics,
    period: alarm.period,
    thresholdMetricId: alarm.thresholdMetricId,
  }) as { metrics?: AlarmMetric[]; period?: number; thresholdMetricId?: string };
  if (!metrics) return { metrics: 1, isHighResolution: isShortPeriod(period) };
  const metricStats = metrics.flatMap(({ metricStat }) => metricStat ?? []);
  if (metrics.some(({ expression = '' }) => /^\s*SELECT\s/i.test(expression))) {
    return { metrics: metricStats.length, isQuery: true };
  }
  return {
    metrics: metricStats.length * (thresholdMetricId === undefined ? 1 : METRICS_OF_ANOMALY_ALARM),
    isHighResolution: metricStats.some(metric => isShortPeriod(metric.period)),
  };
}

function isShortPeriod(period: number | undefined): boolean {
  return period !== undefined && period < HIGH_RESOLUTION_BELOW_SECONDS;
}
