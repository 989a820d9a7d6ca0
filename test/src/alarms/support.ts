import type { CfnElement, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { AlarmBase } from 'aws-cdk-lib/aws-cloudwatch';
import { evaluateAlarm } from '../../../local/emulators/cloudwatch/alarm';
import { MetricStore } from '../../../local/emulators/cloudwatch/metrics/metric-store';
import { TokenAnalyticsAlarms, type TokenAnalyticsAlarmsProps } from '../../../src';
import { DEFAULT_NAMESPACE } from '../../../src/contract';
import { newStack } from '../support';

/** Time at which tests evaluate alarms. */
export const NOW = new Date('2026-11-22T12:00:00Z');

export interface AlarmProperties {
  readonly [name: string]: unknown;
  readonly AlarmDescription: string;
  readonly Metrics?: readonly { readonly Expression?: string; readonly MetricStat?: unknown }[];
}

/** Metric value that a test adds. Without `dimensions`, it is a total of all agents and models. */
export interface Value {
  readonly name: string;
  readonly value: number;
  readonly minutesAgo?: number;
  readonly namespace?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

export function alarmsWith(props: Partial<TokenAnalyticsAlarmsProps>): TokenAnalyticsAlarms {
  return new TokenAnalyticsAlarms(newStack(), 'Alarms', { dailyBudget: 10, ...props });
}

export function allProperties(stack: Stack): AlarmProperties[] {
  return Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties as AlarmProperties,
  );
}

export function propertiesOf(alarm: AlarmBase | undefined): AlarmProperties {
  if (!alarm) throw new Error('there is no such alarm');
  const { stack } = alarm;
  const resources = Template.fromStack(stack).toJSON().Resources as Record<
    string,
    { Properties: AlarmProperties }
  >;
  return resources[stack.getLogicalId(alarm.node.defaultChild as CfnElement)].Properties;
}

/** Returns the state of an alarm at the time `now`, e.g. `ALARM`, if its metrics have the given values. */
export function stateAfter(alarm: AlarmBase | undefined, values: readonly Value[], now = NOW): string {
  const store = new MetricStore();
  for (const { name, value, minutesAgo = 1, namespace = DEFAULT_NAMESPACE, dimensions = {} } of values) {
    store.putDatum({
      namespace,
      name,
      dimensions,
      timestamp: new Date(now.getTime() - minutesAgo * 60_000),
      values: [value],
    });
  }
  return evaluateAlarm(propertiesOf(alarm), store, now).state;
}
