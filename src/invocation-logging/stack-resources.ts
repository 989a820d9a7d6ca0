import { CfnDeletionPolicy, CfnResource, Reference, Stack, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

const RETAIN_POLICIES: readonly (CfnDeletionPolicy | undefined)[] = [
  CfnDeletionPolicy.RETAIN,
  CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE,
];

/**
 * Returns the stack that is deployed: a nested stack can be deleted, not rolled back, when its parent rolls
 * back.
 */
export function outermostStack(scope: IConstruct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}

/** Returns the resource of the app that a name refers to, if it is of a type, also for an import of it. */
export function findResource(name: string, type: string): CfnResource | undefined {
  const { length, firstToken } = Tokenization.reverseString(name);
  const target = length === 1 && Reference.isReference(firstToken) ? firstToken.target : undefined;
  return CfnResource.isCfnResource(target) && target.cfnResourceType === type ? target : undefined;
}

/** Returns true if a resource is known to be deleted when the stack of a construct is. */
export function isDeletedWith(scope: IConstruct, resource: CfnResource): boolean {
  return (
    outermostStack(resource) === outermostStack(scope) &&
    !RETAIN_POLICIES.includes(resource.cfnOptions.deletionPolicy)
  );
}
