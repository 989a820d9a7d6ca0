import { Names, Stack, Token } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** Prefix of the ids of constructs that hold alarms for an owner in another stack. */
const HOLDER_PREFIX = 'AlarmsOf';
/**
 * Constructs that functions refer to, such as a TokenAnalytics whose table name functions have as a variable.
 */
const REFERENCED = new WeakSet<IConstruct>();

/** Returns true if two constructs are in different stacks. */
export function isInOtherStack(one: IConstruct, other: IConstruct): boolean {
  return Stack.of(one) !== Stack.of(other);
}

/**
 * Marks a construct that functions refer to. The alarms of the construct must not refer to the stacks of
 * these functions, because such references would form a cycle.
 */
export function markReferencedByFunctions(owner: IConstruct): void {
  REFERENCED.add(owner);
}

/** Returns true if a construct is inside a construct that functions refer to. */
export function isReferencedByFunctions({ node }: IConstruct): boolean {
  return node.scopes.some(scope => REFERENCED.has(scope));
}

/** Returns the construct in a stack that holds alarms for an owner in another stack. Creates it if needed. */
export function alarmHolderIn(stack: Stack, owner: IConstruct): Construct {
  return getOrCreateChild(stack, holderId(owner));
}

/** Returns the constructs in other stacks that hold alarms for the given owners. */
export function findAlarmsInOtherStacks(owners: readonly IConstruct[]): IConstruct[] {
  const stacks = owners.slice(0, 1).flatMap(({ node }) => node.root.node.findAll().filter(Stack.isStack));
  return owners.flatMap(owner => {
    const id = holderId(owner);
    return stacks.flatMap(({ node }) => node.tryFindChild(id)?.node.findAll() ?? []);
  });
}

/** Returns the child with an id. Creates it if needed. */
export function getOrCreateChild(scope: Construct, id: string): Construct {
  return (scope.node.tryFindChild(id) as Construct | undefined) ?? new Construct(scope, id);
}

/** Returns the name of an alarm if it is known at synth. */
export function literalAlarmName({ node: { defaultChild } }: IConstruct): string | undefined {
  const name = defaultChild instanceof CfnAlarm ? defaultChild.alarmName : undefined;
  return Token.isUnresolved(name) ? undefined : name;
}

function holderId(owner: IConstruct): string {
  return HOLDER_PREFIX + Names.uniqueId(owner);
}
