import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Place for bodies that are too large for a log record.
 */
export interface LargeDataDelivery {
  /**
   * The bucket, in the account and region of the stack. Its access control lists must be disabled.
   *
   * Bedrock is allowed to write to it, with its key. If the bucket or the key is imported, a warning has the
   * statement to add (`cdk-token-analytics:bucketPolicy`, `cdk-token-analytics:keyPolicy`).
   */
  readonly bucket: s3.IBucket;

  /**
   * The first part of the objects' keys, without a slash at either end.
   *
   * @default - none
   */
  readonly keyPrefix?: string;
}
