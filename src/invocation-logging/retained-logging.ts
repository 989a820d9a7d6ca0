import { CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { isDeletedWith, findResource } from './stack-resources';
import { atSynth, warn } from '../private/synth-messages';

/**
 * Log group and bucket to which Bedrock writes. With `LoggingOnDelete.LEAVE`, Bedrock writes to them even
 * after the stack is deleted.
 */
interface LogDestinations {
  readonly logGroup: ILogGroup;
  readonly bucket?: IBucket;
  /** True if the bucket had a bucket policy before the statement for Bedrock was added to it. */
  readonly isPolicyShared: boolean;
}

/**
 * Keeps the bucket policy when the stack is deleted, unless the policy also contains statements of the app.
 * If the stack deletes another resource that Bedrock needs for its logging, adds a warning at synthesis.
 */
export function retainLogging(scope: IConstruct, places: LogDestinations): void {
  if (!places.isPolicyShared) {
    places.bucket?.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
  // Checks the removal policies at synthesis, because the app can set them until then.
  atSynth(scope, () => {
    const deleted = findDestinationResources(places).filter(resource => isDeletedWith(scope, resource));
    if (deleted.length === 0) return;
    warn(
      scope,
      'leftLogging',
      '`onDelete` keeps the logging setting when the stack is deleted, but resources that it needs are deleted with ' +
        `the stack: ${deleted.map(pathOf).join(', ')}. Later records would be lost. Retain these resources by ` +
        '`applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)`, or restore the earlier setting ' +
        '(`LoggingOnDelete.RESTORE`).',
    );
  });
}

function findDestinationResources({ logGroup, bucket }: LogDestinations): CfnResource[] {
  const policy = bucket?.policy?.node.defaultChild;
  return [
    findResource(logGroup.logGroupName, CfnLogGroup.CFN_RESOURCE_TYPE_NAME),
    bucket && findResource(bucket.bucketName, CfnBucket.CFN_RESOURCE_TYPE_NAME),
    CfnResource.isCfnResource(policy) ? policy : undefined,
  ].filter(resource => resource !== undefined);
}

function pathOf({ node }: CfnResource): string {
  return node.path.replace(/\/Resource$/, '');
}
