import { CfnResource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { findAlarmsInOtherStacks } from '../private/alarm-stacks';

/** What CloudWatch bills of a tree of constructs. */
export interface TreeCounts {
  readonly alarmMetrics: number;
  readonly highResolutionAlarmMetrics: number;
  /** Alarms on a Metrics Insights query, which are billed by what it analyses. */
  readonly queryAlarms: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
}

/** A metric of an alarm, as far as its price goes. */
interface AlarmMetric {
  readonly expression?: string;
  readonly metricStat?: { readonly period?: number };
}

/** An alarm with a period under a minute is a high-resolution one. */
const HIGH_RESOLUTION_BELOW_SECONDS = 60;
/**
 * CloudWatch pricing: an anomaly detection alarm is billed for its metric and for the two bounds of its band.
 */
const METRICS_OF_ANOMALY_ALARM = 3;

/** Counts the alarms' metrics and the dashboards in a tree, with its alarms that are made in other stacks. */
export function countTree(scope: IConstruct): TreeCounts {
  const tree = scope.node.findAll();
  const resources = [...new Set([...tree, ...findAlarmsInOtherStacks(tree)])].filter(
    (construct): construct is CfnResource => CfnResource.isCfnResource(construct),
  );
  const ofType = (type: string) =>
    resources.filter(({ cfnResourceType }) => cfnResourceType === `AWS::CloudWatch::${type}`);
  const alarms = ofType('Alarm').map(alarm =>
    alarm instanceof cloudwatch.CfnAlarm ? kindOf(alarm) : { metrics: 1 },
  );
  const metricsOf = (chosen: readonly AlarmKind[]) => chosen.reduce((sum, { metrics }) => sum + metrics, 0);
  return {
    alarmMetrics: metricsOf(alarms.filter(({ isHighResolution }) => !isHighResolution)),
    highResolutionAlarmMetrics: metricsOf(alarms.filter(({ isHighResolution }) => isHighResolution)),
    queryAlarms: alarms.filter(({ isQuery }) => isQuery).length,
    compositeAlarms: ofType('CompositeAlarm').length,
    dashboards: ofType('Dashboard').length,
  };
}

interface AlarmKind {
  readonly metrics: number;
  readonly isHighResolution?: boolean;
  readonly isQuery?: boolean;
}

function kindOf(alarm: cloudwatch.CfnAlarm): AlarmKind {
  const { metrics, period, thresholdMetricId } = Stack.of(alarm).resolve({
    metrics: alarm.metrics,
    period: alarm.period,
    thresholdMetricId: alarm.thresholdMetricId,
  }) as { metrics?: AlarmMetric[]; period?: number; thresholdMetricId?: string };
  if (!metrics) return { metrics: 1, isHighResolution: isHigh(period) };
  const named = metrics.flatMap(({ metricStat }) => metricStat ?? []);
  if (metrics.some(({ expression = '' }) => /^\s*SELECT\s/i.test(expression))) {
    return { metrics: named.length, isQuery: true };
  }
  return {
    metrics: named.length * (thresholdMetricId === undefined ? 1 : METRICS_OF_ANOMALY_ALARM),
    isHighResolution: named.some(metric => isHigh(metric.period)),
  };
}

function isHigh(period: number | undefined): boolean {
  return period !== undefined && period < HIGH_RESOLUTION_BELOW_SECONDS;
}
