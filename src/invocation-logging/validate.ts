import { Stack, Stage, Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { LargeDataDelivery } from './large-data-delivery';
import { findResource } from './stack-resources';
import { requireLogGroupName } from '../private/log-group';
import { isKnownToDiffer, requireSamePlace } from '../private/region-account';
import { refuseAtSynth } from '../private/synth-messages';
import { propError } from '../private/validate';

/**
 * Characters that are safe in an S3 key (S3 User Guide, "Object key naming guidelines"), without the
 * asterisk: it would be a wildcard in the bucket's policy.
 */
const KEY_PREFIX = /^(?!\/)[A-Za-z0-9!_.'()/-]{1,1024}(?<!\/)$/;

/**
 * Requires that no other construct of a class is for the same account and region, as far as both are known.
 * Stacks of no stated place are taken for one place only within a stage: stages are often deployed to their
 * own.
 *
 * @throws if there is another one
 */
export function requireOnlyOne(where: IConstruct, isOne: (construct: IConstruct) => boolean): void {
  const other = where.node.root.node
    .findAll()
    .find(construct => construct !== where && isOne(construct) && isInSamePlace(construct, where));
  if (!other) return;
  throw propError(
    where,
    'BedrockInvocationLogging',
    'the only one of its account and region, as Bedrock has one setting for each',
    `${other.node.path}, too`,
    'Keep one, and give its `logGroup` to each TokenUsageIngest. Stacks for other places need an `env`.',
  );
}

function isInSamePlace(one: IConstruct, other: IConstruct): boolean {
  const [mine, others] = [Stack.of(one), Stack.of(other)];
  if (isKnownToDiffer(mine.account, others.account) || isKnownToDiffer(mine.region, others.region)) {
    return false;
  }
  const isKnown = ![mine, others].some(
    ({ account, region }) => Token.isUnresolved(account) || Token.isUnresolved(region),
  );
  return isKnown || Stage.of(one) === Stage.of(other);
}

/**
 * Requires a log group that Bedrock can write to, with a name that is no pattern in a policy.
 *
 * @throws if its place or its name is known, and not right
 */
export function requireLogGroup(where: IConstruct, logGroup: ILogGroup): void {
  requireSamePlace(
    where,
    'logGroup',
    logGroup,
    'Bedrock logs to the account and region of the call only: give a log group of this one, or leave it out.',
  );
  requireLogGroupName(where, 'logGroup', logGroup);
}

/**
 * Requires a place for large bodies that Bedrock can write to.
 *
 * @throws if the bucket's place or the key prefix is known, and not right, or the bucket is made in the app
 * with access control lists
 */
export function requireLargeData(where: IConstruct, { bucket, keyPrefix }: LargeDataDelivery): void {
  requireSamePlace(
    where,
    'largeDataDelivery.bucket',
    bucket,
    'Bedrock logs to the account and region of the call only: give a bucket of this one.',
  );
  requireNoAccessControlLists(where, bucket);
  if (keyPrefix === undefined || Token.isUnresolved(keyPrefix) || KEY_PREFIX.test(keyPrefix)) return;
  throw propError(
    where,
    'largeDataDelivery.keyPrefix',
    "1 to 1024 letters, digits or ! _ . ' ( ) / -, with no slash at either end",
    keyPrefix,
    'Give, for example, bedrock/bodies, or leave it out.',
  );
}

/** Requires that a bucket of the app has no access control lists, now and when the app is synthesised. */
function requireNoAccessControlLists(where: IConstruct, bucket: IBucket): void {
  const check = () => {
    const made = findResource(bucket.bucketName, CfnBucket.CFN_RESOURCE_TYPE_NAME);
    const ownership = made instanceof CfnBucket ? readObjectOwnership(made) : undefined;
    return ownership === undefined || ownership === ObjectOwnership.BUCKET_OWNER_ENFORCED
      ? undefined
      : propError(
          where,
          'largeDataDelivery.bucket',
          'a bucket without access control lists',
          `${bucket.node.path} with the object ownership ${ownership}`,
          'Bedrock cannot write to it. Set objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, without an ' +
            'accessControl.',
        );
  };
  const error = check();
  if (error) throw error;
  refuseAtSynth(where, check);
}

/** Returns the object ownership of a bucket if it is known at synth. */
function readObjectOwnership(bucket: CfnBucket): string | undefined {
  const { rules: [rule] = [] } = (Stack.of(bucket).resolve(bucket.ownershipControls) ?? {}) as {
    readonly rules?: readonly { readonly objectOwnership?: unknown }[];
  };
  return typeof rule?.objectOwnership === 'string' ? rule.objectOwnership : undefined;
}
