import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Bucket for bodies that are too large for a log record.
 */
export interface LargeDataDelivery {
  /**
   * Bucket in the account and region of the stack. Its access control lists must be disabled.
   *
   * Bedrock is allowed to write to the bucket and to use its key. If the bucket or the key is imported, a
   * warning contains the statement to add (`cdk-token-analytics:bucketPolicy`,
   * `cdk-token-analytics:keyPolicy`).
   */
  readonly bucket: s3.IBucket;

  /**
   * Prefix of the object keys, without a slash at either end.
   *
   * @default - no prefix
   */
  readonly keyPrefix?: string;
}
