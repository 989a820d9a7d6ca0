import { Names, Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { getOrCreateChild, alarmHolderIn, isReferencedByFunctions } from '../private/alarm-stacks';
import { toLiteral, referenceText } from '../private/reference-text';

/** Maximum characters of an alarm's name (CloudWatch API Reference, PutMetricAlarm). */
const MAX_ALARM_NAME = 255;

/** Scope, construct id and name of an alarm. */
interface AlarmPlace {
  readonly scope: Construct;
  readonly id: string;
  /** Undefined if CloudFormation names the alarm. */
  readonly alarmName?: string;
}

/** Returns the other stack that the name of a resource refers to; undefined if it refers to none. */
function otherStackIn(scope: IConstruct, resource: IConstruct, name: string): Stack | undefined {
  return referenceText(resource, name)
    .targets.map(target => target.stack)
    .find(stack => stack !== Stack.of(scope));
}

/**
 * Replaces a reference to another stack with the literal name or dimension value. Returns the reference
 * unchanged if its value is not known at synthesis.
 */
export function withoutReference(scope: IConstruct, resource: IConstruct, name: string): string {
  return (otherStackIn(scope, resource, name) && toLiteral(resource, name)) ?? name;
}

/**
 * Returns the scope, id and name for the alarm on a resource. The id is the path of the resource. The alarm
 * name therefore shows the watched resource, and reordering the resources changes nothing.
 *
 * If the name of the resource refers to another stack, TokenAnalytics creates the alarm in that stack, with a
 * name that is known at synthesis. A reference from this stack to the other stack would complete a dependency
 * cycle as soon as a function of the other stack is instrumented.
 *
 * @param name the name of the resource, as the alarm uses it
 */
export function alarmPlace(scope: Construct, group: string, resource: IConstruct, name: string): AlarmPlace {
  const otherStack = isReferencedByFunctions(scope) ? otherStackIn(scope, resource, name) : undefined;
  const id = pathIn(otherStack ?? Stack.of(scope), resource);
  if (!otherStack) return { scope: getOrCreateChild(scope, group), id };
  const place = getOrCreateChild(getOrCreateChild(alarmHolderIn(otherStack, scope), group), id);
  // The name consists of the stack name, the path and a hash of the path.
  const alarmName = Names.uniqueResourceName(place, { maxLength: MAX_ALARM_NAME, separator: '-' });
  return { scope: place, id: 'Alarm', alarmName };
}

/** Returns the path of a resource, relative to the stack if the resource is in it. */
function pathIn(stack: Stack, resource: IConstruct): string {
  const { path } = resource.node;
  return Stack.of(resource) === stack ? path.slice(stack.node.path.length + 1) : path;
}
