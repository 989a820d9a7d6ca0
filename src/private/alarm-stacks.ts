import { Names, Stack, Token } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** Prefix of the id of a construct that contains the alarms of an owner in another stack. */
const HOLDER_PREFIX = 'AlarmsOf';
/**
 * Constructs that Lambda functions refer to. For example, the environment of a function contains the table
 * name of a TokenAnalytics.
 */
const REFERENCED = new WeakSet<IConstruct>();

export function isInOtherStack(one: IConstruct, other: IConstruct): boolean {
  return Stack.of(one) !== Stack.of(other);
}

/**
 * Marks `owner` as a construct to which Lambda functions refer. An alarm of `owner` that refers to a resource
 * in another stack is then created in that other stack.
 *
 * The stack of such a function depends on the stack of `owner`. With an alarm on the function in the stack of
 * `owner`, the two stacks would depend on each other.
 */
export function markReferencedByFunctions(owner: IConstruct): void {
  REFERENCED.add(owner);
}

/** Returns true if Lambda functions refer to the construct, or to a construct that contains it. */
export function isReferencedByFunctions({ node }: IConstruct): boolean {
  return node.scopes.some(scope => REFERENCED.has(scope));
}

/**
 * Returns the construct in `stack` that holds the alarms of an `owner` in another stack. Creates the
 * construct if it does not exist.
 */
export function alarmHolderIn(stack: Stack, owner: IConstruct): Construct {
  return getOrCreateChild(stack, holderId(owner));
}

/**
 * Returns the constructs that hold alarms of the given owners in other stacks, and all constructs inside
 * them.
 */
export function findAlarmsInOtherStacks(owners: readonly IConstruct[]): IConstruct[] {
  const stacks = owners.slice(0, 1).flatMap(({ node }) => node.root.node.findAll().filter(Stack.isStack));
  return owners.flatMap(owner => {
    const id = holderId(owner);
    return stacks.flatMap(({ node }) => node.tryFindChild(id)?.node.findAll() ?? []);
  });
}

export function getOrCreateChild(scope: Construct, id: string): Construct {
  return (scope.node.tryFindChild(id) as Construct | undefined) ?? new Construct(scope, id);
}

/** Returns the name of an alarm, or undefined if the name is not known at synth. */
export function literalAlarmName({ node: { defaultChild } }: IConstruct): string | undefined {
  const name = defaultChild instanceof CfnAlarm ? defaultChild.alarmName : undefined;
  return Token.isUnresolved(name) ? undefined : name;
}

function holderId(owner: IConstruct): string {
  return HOLDER_PREFIX + Names.uniqueId(owner);
}
