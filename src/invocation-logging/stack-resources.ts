import { CfnDeletionPolicy, CfnResource, Reference, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { outermostStack } from '../private/outermost-stack';

const RETAIN_POLICIES: readonly (CfnDeletionPolicy | undefined)[] = [
  CfnDeletionPolicy.RETAIN,
  CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE,
];

/**
 * Returns the resource to which a CDK token refers, e.g. the log group of `logGroup.logGroupName`. Returns
 * undefined for plain text, and for a resource of another type.
 *
 * @param type resource type such as `AWS::Logs::LogGroup`
 */
export function findResource(name: string, type: string): CfnResource | undefined {
  const { length, firstToken } = Tokenization.reverseString(name);
  const target = length === 1 && Reference.isReference(firstToken) ? firstToken.target : undefined;
  return CfnResource.isCfnResource(target) && target.cfnResourceType === type ? target : undefined;
}

/**
 * Returns true if CloudFormation deletes the resource together with the stack of `scope`. Resources with a
 * retain policy, and resources of other stacks, are not deleted.
 */
export function isDeletedWith(scope: IConstruct, resource: CfnResource): boolean {
  return (
    outermostStack(resource) === outermostStack(scope) &&
    !RETAIN_POLICIES.includes(resource.cfnOptions.deletionPolicy)
  );
}
