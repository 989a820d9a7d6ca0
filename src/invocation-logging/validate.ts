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
 * Pattern of a valid key prefix: safe characters of S3 keys, without a slash at either end (S3 User Guide,
 * "Object key naming guidelines"). `*` is not valid, because it would be a wildcard in the bucket policy.
 */
const KEY_PREFIX = /^(?!\/)[A-Za-z0-9!_.'()/-]{1,1024}(?<!\/)$/;

/**
 * Throws an error if the app has another construct of the same kind for this account and region. If an
 * account or region is unknown, compares only constructs of the same stage, because stages often have
 * separate accounts.
 *
 * @param isOne returns true for constructs of this kind
 */
export function requireOnlyOne(where: IConstruct, isOne: (construct: IConstruct) => boolean): void {
  const other = where.node.root.node
    .findAll()
    .find(construct => construct !== where && isOne(construct) && isInSamePlace(construct, where));
  if (!other) return;
  throw propError(
    where,
    'BedrockInvocationLogging',
    'the only one for its account and region, because Bedrock has one logging setting for each',
    `another one at ${other.node.path}`,
    'Keep one, and pass its `logGroup` to each TokenUsageIngest. If the stacks have different regions or accounts, ' +
      'set their `env`.',
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
 * Throws an error if the log group is in another account or region, or if its name is invalid. Bedrock cannot
 * write to such a log group.
 */
export function requireLogGroup(where: IConstruct, logGroup: ILogGroup): void {
  requireSamePlace(
    where,
    'logGroup',
    logGroup,
    'Bedrock logs only to the account and region of the invocation: pass a log group there, or remove `logGroup`.',
  );
  requireLogGroupName(where, 'logGroup', logGroup);
}

/**
 * Throws an error if Bedrock cannot write to the bucket with this key prefix.
 *
 * @throws if the bucket is in another account or region
 * @throws if the bucket uses access control lists
 * @throws if the key prefix is invalid
 */
export function requireLargeData(where: IConstruct, { bucket, keyPrefix }: LargeDataDelivery): void {
  requireSamePlace(
    where,
    'largeDataDelivery.bucket',
    bucket,
    'Bedrock logs only to the account and region of the invocation: pass a bucket there.',
  );
  requireNoAccessControlLists(where, bucket);
  if (keyPrefix === undefined || Token.isUnresolved(keyPrefix) || KEY_PREFIX.test(keyPrefix)) return;
  throw propError(
    where,
    'largeDataDelivery.keyPrefix',
    "1 to 1024 letters, digits or ! _ . ' ( ) / -, with no slash at either end",
    keyPrefix,
    'Pass, for example, bedrock/bodies, or remove it.',
  );
}

/**
 * Throws an error if the bucket uses access control lists. Checks this now, and again at synthesis because
 * the app can change the bucket.
 */
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
          'Bedrock cannot write to such a bucket. Set objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, and ' +
            'remove accessControl.',
        );
  };
  const error = check();
  if (error) throw error;
  refuseAtSynth(where, check);
}

/**
 * Returns the object ownership of a bucket, e.g. "BucketOwnerEnforced". Returns undefined if it is not set or
 * is a CDK token.
 */
function readObjectOwnership(bucket: CfnBucket): string | undefined {
  const { rules: [rule] = [] } = (Stack.of(bucket).resolve(bucket.ownershipControls) ?? {}) as {
    readonly rules?: readonly { readonly objectOwnership?: unknown }[];
  };
  return typeof rule?.objectOwnership === 'string' ? rule.objectOwnership : undefined;
}
