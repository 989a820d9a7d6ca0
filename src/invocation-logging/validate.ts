import { Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';
import type { LargeDataDelivery } from './large-data-delivery';
import { requireLogGroupName } from '../private/log-group';
import { requireSamePlace } from '../private/place';
import { propError } from '../private/validate';

/**
 * Characters that are safe in an S3 key (S3 User Guide, "Object key naming guidelines"), without the
 * asterisk: it would be a wildcard in the bucket's policy.
 */
const KEY_PREFIX = /^(?!\/)[A-Za-z0-9!_.'()/-]{1,1024}(?<!\/)$/;

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
 * @throws if the bucket's place or the key prefix is known, and not right
 */
export function requireLargeData(where: IConstruct, { bucket, keyPrefix }: LargeDataDelivery): void {
  requireSamePlace(
    where,
    'largeDataDelivery.bucket',
    bucket,
    'Bedrock logs to the account and region of the call only: give a bucket of this one.',
  );
  if (keyPrefix === undefined || Token.isUnresolved(keyPrefix) || KEY_PREFIX.test(keyPrefix)) return;
  throw propError(
    where,
    'largeDataDelivery.keyPrefix',
    "1 to 1024 letters, digits or ! _ . ' ( ) / -, with no slash at either end",
    keyPrefix,
    'Give, for example, bedrock/bodies, or leave it out.',
  );
}
