import { Names, Stack, Token } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { childOf, holderIn } from '../private/elsewhere';

/** Maximum characters of an alarm's name (CloudWatch API Reference, PutMetricAlarm). */
const MAX_ALARM_NAME = 255;

/** Construct that an alarm is made in, its id there, and its name. */
interface AlarmPlace {
  readonly scope: Construct;
  readonly id: string;
  /** Undefined if CloudFormation names the alarm. */
  readonly alarmName?: string;
}

/**
 * Returns where the alarm on a resource is made. Its id is the resource's path, so that the alarm's name
 * tells which it watches, and another order of resources changes nothing.
 *
 * If the resource's name is a reference to another stack, the alarm is made in that stack, and has a name
 * that is known at synth. A reference from here would be half of a cycle as soon as a function of the other
 * stack is instrumented.
 */
export function alarmPlace(
  scope: Construct,
  group: string,
  resource: IConstruct,
  description: string,
): AlarmPlace {
  const [ours, theirs] = [Stack.of(scope), Stack.of(resource)];
  const path = resource.node.path.slice(theirs.node.path.length + 1);
  if (theirs === ours) return { scope: childOf(scope, group), id: path };
  // The description has the resource's name in it.
  if (!Token.isUnresolved(description)) {
    return { scope: childOf(scope, group), id: resource.node.path };
  }
  const place = childOf(childOf(holderIn(theirs, scope), group), path);
  // With the name of the stack, and a hash of the path.
  const alarmName = Names.uniqueResourceName(place, { maxLength: MAX_ALARM_NAME, separator: '-' });
  return { scope: place, id: 'Alarm', alarmName };
}
