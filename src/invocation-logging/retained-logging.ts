import { CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { isDeletedWith, findResource } from './stack-resources';
import { atSynth, warn } from '../private/synth-messages';

/** Places that a setting which is left goes on to. */
interface LogDestinations {
  readonly logGroup: ILogGroup;
  readonly bucket?: IBucket;
  /** True if Bedrock's statement was added to a policy that the bucket had already. */
  readonly isPolicyShared: boolean;
}

/**
 * Keeps what a setting needs that is left when the stack is deleted: a policy that was made for it. For the
 * rest that is deleted with the stack, a warning says what to do.
 */
export function retainLogging(scope: IConstruct, places: LogDestinations): void {
  if (!places.isPolicyShared) {
    places.bucket?.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
  // Removal policies can be set later.
  atSynth(scope, () => {
    const deleted = findDestinationResources(places).filter(resource => isDeletedWith(scope, resource));
    if (deleted.length === 0) return;
    warn(
      scope,
      'leftLogging',
      '`onDelete` leaves the setting when the stack is deleted, and Bedrock goes on to use what is deleted with the ' +
        `stack: ${deleted.map(pathOf).join(', ')}. Records are lost then. Keep them by ` +
        '`applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)`, or have the setting put back ' +
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

/** Returns the path of a resource, or of the construct that an app makes for it. */
function pathOf({ node }: CfnResource): string {
  return node.path.replace(/\/Resource$/, '');
}
