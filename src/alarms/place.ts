import { Names, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { getOrCreateChild, alarmHolderIn, isReferencedByFunctions } from '../private/alarm-stacks';
import { toLiteral, referenceText } from '../private/reference-text';

/** Maximum characters of an alarm's name (CloudWatch API Reference, PutMetricAlarm). */
const MAX_ALARM_NAME = 255;

/** Construct that an alarm is made in, its id there, and its name. */
interface AlarmPlace {
  readonly scope: Construct;
  readonly id: string;
  /** Undefined if CloudFormation names the alarm. */
  readonly alarmName?: string;
}

/** Returns the stack that the name of a resource refers to if it is another one than that of the scope. */
function referredStack(scope: IConstruct, resource: IConstruct, name: string): Stack | undefined {
  return referenceText(resource, name)
    .targets.map(target => target.stack)
    .find(stack => stack !== Stack.of(scope));
}

/**
 * Returns a name or a dimension without a reference to another stack if it is known at synth, and else as it
 * is.
 */
export function withoutReference(scope: IConstruct, resource: IConstruct, name: string): string {
  return (referredStack(scope, resource, name) && toLiteral(resource, name)) ?? name;
}

/**
 * Returns where the alarm on a resource is made. Its id is the resource's path, so that the alarm's name
 * tells which it watches, and another order of resources changes nothing.
 *
 * Alarms of a TokenAnalytics on a name that is known at deployment only are made in the stack that it refers
 * to, with a name that is known at synth. A reference from here would be half of a cycle as soon as a
 * function of the other stack is instrumented.
 *
 * @param name name of the resource in the alarm
 */
export function alarmPlace(scope: Construct, group: string, resource: IConstruct, name: string): AlarmPlace {
  const theirs = isReferencedByFunctions(scope) ? referredStack(scope, resource, name) : undefined;
  const id = pathIn(theirs ?? Stack.of(scope), resource);
  if (!theirs) return { scope: getOrCreateChild(scope, group), id };
  const place = getOrCreateChild(getOrCreateChild(alarmHolderIn(theirs, scope), group), id);
  // With the name of the stack, and a hash of the path.
  const alarmName = Names.uniqueResourceName(place, { maxLength: MAX_ALARM_NAME, separator: '-' });
  return { scope: place, id: 'Alarm', alarmName };
}

function pathIn(stack: Stack, resource: IConstruct): string {
  const { path } = resource.node;
  return Stack.of(resource) === stack ? path.slice(stack.node.path.length + 1) : path;
}
