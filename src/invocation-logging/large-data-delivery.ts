import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Bucket for bodies that are too large for a log record.
 */
export interface LargeDataDelivery {
  /**
   * Bucket in the account and region of the stack. Access control lists must be disabled on the bucket.
   *
   * Bedrock is allowed to write to the bucket and to use the key of the bucket. If the bucket is imported, a
   * warning (`cdk-token-analytics:bucketPolicy`) contains the statement to add to the bucket policy. If the
   * key is imported, a warning (`cdk-token-analytics:keyPolicy`) contains the statement to add to the key
   * policy.
   */
  readonly bucket: s3.IBucket;

  /**
   * Prefix of the object keys, without a slash at either end.
   *
   * @default - no prefix
   */
  readonly keyPrefix?: string;
}
