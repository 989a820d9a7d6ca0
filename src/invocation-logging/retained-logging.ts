import { CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { isDeletedWith, findResource } from './stack-resources';
import { atSynth, warn } from '../private/synth-messages';

/** Resources to which Bedrock continues to write if the logging setting is kept. */
interface LogDestinations {
  readonly logGroup: ILogGroup;
  readonly bucket?: IBucket;
  /** True if Bedrock's statement was added to a bucket policy that already existed. */
  readonly isPolicyShared: boolean;
}

/**
 * Keeps the bucket policy when the stack is deleted, if the policy was created only for the logging setting.
 * At synth, adds a warning if the setting needs other resources that are deleted with the stack.
 */
export function retainLogging(scope: IConstruct, places: LogDestinations): void {
  if (!places.isPolicyShared) {
    places.bucket?.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
  // The app can set removal policies later, so the check runs at synth.
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
