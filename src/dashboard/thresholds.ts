import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { TokenAnalyticsAlarms } from '../alarms/token-analytics-alarms';
import { readableNumber, rounded } from '../private/token-text';

/** Lines at the thresholds of alarms, for each graph that shows the metric of such an alarm. */
export interface Thresholds {
  readonly costPerInvocation: readonly cloudwatch.HorizontalAnnotation[];
  readonly errorRate: readonly cloudwatch.HorizontalAnnotation[];
  readonly latency: readonly cloudwatch.HorizontalAnnotation[];
}

/**
 * Returns lines at the thresholds of the alarms on a dashboard. Only alarms of TokenAnalyticsAlarms in the
 * namespace of the dashboard have lines, because only their metrics are known to be in the graphs.
 */
export function thresholdsOf(alarms: readonly cloudwatch.IAlarm[], namespace: string): Thresholds {
  const owners = [...new Set(alarms.map(alarm => alarm.node.scope))].filter(
    owner => owner instanceof TokenAnalyticsAlarms,
  );
  const lines = (
    alarmOf: (owner: TokenAnalyticsAlarms) => cloudwatch.Alarm | undefined,
    name: string,
    unit: string,
  ) =>
    owners
      .map(alarmOf)
      .filter(alarm => alarm !== undefined)
      .filter(alarm => alarms.includes(alarm) && namespacesOf(alarm.metric).includes(namespace))
      .map(alarm => thresholdLine(alarm, name, unit))
      .filter(line => line !== undefined);
  return {
    costPerInvocation: lines(({ costSpikeAlarm }) => costSpikeAlarm, 'Cost spike', ' USD'),
    errorRate: lines(({ errorRateAlarm }) => errorRateAlarm, 'Error rate', ' %'),
    latency: [
      ...lines(({ latencyP90Alarm }) => latencyP90Alarm, 'Latency p90', ' ms'),
      ...lines(({ latencyP99Alarm }) => latencyP99Alarm, 'Latency p99', ' ms'),
    ],
  };
}

function thresholdLine(
  { node: { defaultChild } }: cloudwatch.Alarm,
  name: string,
  unit: string,
): cloudwatch.HorizontalAnnotation | undefined {
  const threshold = defaultChild instanceof cloudwatch.CfnAlarm ? defaultChild.threshold : undefined;
  if (threshold === undefined) return undefined;
  return { value: rounded(threshold), label: `${name} alarm above ${readableNumber(threshold)}${unit}` };
}

function namespacesOf(metric: cloudwatch.IMetric): string[] {
  if (metric instanceof cloudwatch.Metric) return [metric.namespace];
  return metric instanceof cloudwatch.MathExpression
    ? Object.values(metric.usingMetrics).flatMap(namespacesOf)
    : [];
}
