import { Names, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { getOrCreateChild, alarmHolderIn, isReferencedByFunctions } from '../private/alarm-stacks';
import { toLiteral, referenceText } from '../private/reference-text';

/** Maximum number of characters in an alarm name (CloudWatch API Reference, PutMetricAlarm). */
const MAX_ALARM_NAME = 255;

/** Scope, construct id and name of an alarm. */
interface AlarmPlace {
  readonly scope: Construct;
  readonly id: string;
  /** Name of the alarm. Undefined if CloudFormation generates the name. */
  readonly alarmName?: string;
}

/**
 * Returns the stack that `name` refers to, if this is another stack than the stack of `scope`. Returns
 * undefined if `name` refers to no other stack.
 */
function otherStackIn(scope: IConstruct, resource: IConstruct, name: string): Stack | undefined {
  return referenceText(resource, name)
    .targets.map(target => target.stack)
    .find(stack => stack !== Stack.of(scope));
}

/**
 * Returns a name without a reference to another stack. If `name` refers to another stack and its text is
 * known at synthesis, returns this text. Returns `name` unchanged in all other cases.
 */
export function withoutReference(scope: IConstruct, resource: IConstruct, name: string): string {
  return (otherStackIn(scope, resource, name) && toLiteral(resource, name)) ?? name;
}

/**
 * Returns the scope, id and name for the alarm on a resource. The construct path of the alarm contains the
 * path of the resource, and does not depend on the order of the resources.
 *
 * If `name` refers to another stack, the alarm is created in that stack, and its name is known at synthesis.
 * In the stack of `scope`, the alarm would refer to the other stack. If a function of the other stack then
 * refers to the stack of `scope`, the two stacks depend on each other.
 *
 * @param name name of the resource in the metric of the alarm
 */
export function alarmPlace(scope: Construct, group: string, resource: IConstruct, name: string): AlarmPlace {
  const otherStack = isReferencedByFunctions(scope) ? otherStackIn(scope, resource, name) : undefined;
  const id = pathIn(otherStack ?? Stack.of(scope), resource);
  if (!otherStack) return { scope: getOrCreateChild(scope, group), id };
  const place = getOrCreateChild(getOrCreateChild(alarmHolderIn(otherStack, scope), group), id);
  // The alarm name consists of the stack name, the path and a hash of the path.
  const alarmName = Names.uniqueResourceName(place, { maxLength: MAX_ALARM_NAME, separator: '-' });
  return { scope: place, id: 'Alarm', alarmName };
}

/**
 * Returns the construct path of a resource. If the resource is in the stack, the path is relative to the
 * stack.
 */
function pathIn(stack: Stack, resource: IConstruct): string {
  const { path } = resource.node;
  return Stack.of(resource) === stack ? path.slice(stack.node.path.length + 1) : path;
}
