import { CfnDeletionPolicy, CfnResource, Reference, Stack, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

const RETAIN_POLICIES: readonly (CfnDeletionPolicy | undefined)[] = [
  CfnDeletionPolicy.RETAIN,
  CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE,
];

/**
 * Returns the outermost parent of a nested stack. If the stack is not nested, returns the stack itself. Only
 * the status of the outermost stack reliably shows a rollback, because a rollback can delete a nested stack.
 */
export function outermostStack(scope: IConstruct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}

/**
 * Returns the resource of the app to which a name refers. Returns undefined if the name does not refer to a
 * resource of the app. Returns undefined if the resource is of another type.
 */
export function findResource(name: string, type: string): CfnResource | undefined {
  const { length, firstToken } = Tokenization.reverseString(name);
  const target = length === 1 && Reference.isReference(firstToken) ? firstToken.target : undefined;
  return CfnResource.isCfnResource(target) && target.cfnResourceType === type ? target : undefined;
}

/** Returns true if a resource is deleted when the stack of a construct is deleted. */
export function isDeletedWith(scope: IConstruct, resource: CfnResource): boolean {
  return (
    outermostStack(resource) === outermostStack(scope) &&
    !RETAIN_POLICIES.includes(resource.cfnOptions.deletionPolicy)
  );
}
