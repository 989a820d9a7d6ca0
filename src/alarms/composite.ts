import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { ONLY_TELLS } from './descriptions';
import { requireCompositeSize } from './validate';
import { isInOtherStack } from '../private/alarm-stacks';

/**
 * An alarm that fires while any of some others does. Those of other stacks are left out: PutCompositeAlarm
 * refuses a rule with an alarm that does not exist yet, and their stacks may be deployed after this one.
 */
export function compositeAlarm(
  scope: Construct,
  all: readonly cloudwatch.Alarm[],
): cloudwatch.CompositeAlarm {
  const alarms = all.filter(alarm => !isInOtherStack(scope, alarm));
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
