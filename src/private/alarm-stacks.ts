import { Names, Stack, Token } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';

/** First part of the ids of constructs that hold alarms for constructs of other stacks. */
const HOLDER_PREFIX = 'AlarmsOf';
/** Constructs that make functions refer to them. */
const REFERENCED = new WeakSet<IConstruct>();

/** Returns true if two constructs are in different stacks. */
export function isInOtherStack(one: IConstruct, other: IConstruct): boolean {
  return Stack.of(one) !== Stack.of(other);
}

/** Registers a construct that makes functions refer to it. Its parts should not refer to their stacks. */
export function markReferencedByFunctions(owner: IConstruct): void {
  REFERENCED.add(owner);
}

/** Returns true if a construct is a part of a registered one. */
export function isReferencedByFunctions({ node }: IConstruct): boolean {
  return node.scopes.some(scope => REFERENCED.has(scope));
}

/** Returns the construct that holds the alarms of an owner in another stack, and makes it if needed. */
export function alarmHolderIn(stack: Stack, owner: IConstruct): Construct {
  return getOrCreateChild(stack, holderId(owner));
}

/** Returns all constructs that are in other stacks for owners among some constructs. */
export function findAlarmsInOtherStacks(owners: readonly IConstruct[]): IConstruct[] {
  const stacks = owners.slice(0, 1).flatMap(({ node }) => node.root.node.findAll().filter(Stack.isStack));
  return owners.flatMap(owner => {
    const id = holderId(owner);
    return stacks.flatMap(({ node }) => node.tryFindChild(id)?.node.findAll() ?? []);
  });
}

/** Returns a child, and makes it if there is none. */
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
