import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ONLY_TELLS } from './descriptions';
import { requireCompositeSize } from './validate';

/** An alarm that fires while any of some others does. */
export function compositeAlarm(
  scope: Construct,
  alarms: readonly cloudwatch.Alarm[],
): cloudwatch.CompositeAlarm {
  requireCompositeSize(scope, alarms);
  const composite = new cloudwatch.CompositeAlarm(scope, 'Composite', {
    alarmDescription:
      `At least one of ${alarms.length} token alarms is firing: their own states show which, and what ` +
      `it means. ${ONLY_TELLS}`,
    // By name, not by ARN: a rule of 100 ARNs would be longer
    // than the 10,240 characters that PutCompositeAlarm takes.
    alarmRule: cloudwatch.AlarmRule.anyOf(
      ...alarms.map(alarm => cloudwatch.AlarmRule.fromString(`ALARM("${alarm.alarmName}")`)),
    ),
  });
  // The construct names the alarm after its path, which two stacks of one account can have in common.
  (composite.node.defaultChild as cloudwatch.CfnCompositeAlarm).alarmName = undefined;
  return composite;
}
