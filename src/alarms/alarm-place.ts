import { Names, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { getOrCreateChild, alarmHolderIn, isReferencedByFunctions } from '../private/alarm-stacks';
import { toLiteral, referenceText } from '../private/reference-text';

/** Maximum number of characters in an alarm name (CloudWatch API Reference, PutMetricAlarm). */
const MAX_ALARM_NAME = 255;

interface AlarmPlace {
  readonly scope: Construct;
  readonly id: string;
  /** Name of the alarm. Undefined if CloudFormation generates the name. */
  readonly alarmName?: string;
}

/**
 * Returns the stack to which `name` refers, if it is a CDK token. Returns undefined for the stack of `scope`,
 * and for plain text.
 */
function otherStackIn(scope: IConstruct, resource: IConstruct, name: string): Stack | undefined {
  return referenceText(resource, name)
    .targets.map(target => target.stack)
    .find(stack => stack !== Stack.of(scope));
}

/**
 * Returns the name of a resource for use in the stack of `scope`. Replaces a reference to another stack with
 * the literal name, e.g. "orders-dlq". If the literal name is unknown at synthesis, returns the reference
 * unchanged.
 */
export function withoutReference(scope: IConstruct, resource: IConstruct, name: string): string {
  return (otherStackIn(scope, resource, name) && toLiteral(resource, name)) ?? name;
}

/**
 * Returns the scope, id and name for the alarm on a resource, e.g. on a queue. The construct path of the
 * alarm contains the path of the resource. The alarm therefore stays the same if the app changes the order of
 * the resources.
 *
 * The alarm is created in the stack of `scope`, with one exception. If Lambda functions refer to `scope`, and
 * the resource is in another stack, the alarm is created in the stack of the resource. Otherwise, the two
 * stacks could depend on each other.
 *
 * @param group id of the construct that contains the alarms of one kind, such as `DeadLetters`
 * @param name name of the resource, such as the name of the queue
 */
export function alarmPlace(scope: Construct, group: string, resource: IConstruct, name: string): AlarmPlace {
  const otherStack = isReferencedByFunctions(scope) ? otherStackIn(scope, resource, name) : undefined;
  const id = pathIn(otherStack ?? Stack.of(scope), resource);
  if (!otherStack) return { scope: getOrCreateChild(scope, group), id };
  const place = getOrCreateChild(getOrCreateChild(alarmHolderIn(otherStack, scope), group), id);
  // Gives the alarm a name that is known at synthesis, e.g. "MyStack-DeadLetters-...-3F2A". The stack of
  // `scope` can use this name without a reference to the other stack.
  const alarmName = Names.uniqueResourceName(place, { maxLength: MAX_ALARM_NAME, separator: '-' });
  return { scope: place, id: 'Alarm', alarmName };
}

/**
 * Returns the construct path of a resource, e.g. "Orders/Queue", without the path of `stack` at the start.
 * Returns the complete path if the resource is in another stack.
 */
function pathIn(stack: Stack, resource: IConstruct): string {
  const { path } = resource.node;
  return Stack.of(resource) === stack ? path.slice(stack.node.path.length + 1) : path;
}
