import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Returns the stack of a construct. For a nested stack, returns its outermost parent, which is the stack that
 * is deployed.
 */
export function outermostStack(scope: IConstruct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}
