import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Bucket for prompts and answers that are too large for a log record.
 */
export interface LargeDataDelivery {
  /**
   * Bucket in the account and region of the stack, without access control lists.
   *
   * The construct allows Bedrock to write to the bucket and to use the key of the bucket. If the bucket or
   * the key is imported, a warning contains the policy statement that you must add
   * (`cdk-token-analytics:bucketPolicy` or `cdk-token-analytics:keyPolicy`).
   */
  readonly bucket: s3.IBucket;

  /**
   * Prefix of the object keys in the bucket, e.g. `bedrock/bodies`. It must not begin or end with a slash.
   *
   * @default - no prefix
   */
  readonly keyPrefix?: string;
}
