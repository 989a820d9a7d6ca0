import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Bucket for bodies that are too large for a log record.
 */
export interface LargeDataDelivery {
  /**
   * Bucket in the account and region of the stack. Access control lists must be disabled on the bucket.
   *
   * Bedrock gets the permission to write to the bucket, and to use the key of the bucket. If the bucket or
   * the key is imported, its policy cannot be changed. The warning `cdk-token-analytics:bucketPolicy` or
   * `cdk-token-analytics:keyPolicy` then contains the statement to add.
   */
  readonly bucket: s3.IBucket;

  /**
   * Prefix of the object keys, without a slash at either end.
   *
   * @default - no prefix
   */
  readonly keyPrefix?: string;
}
