/**
 * What DynamoDB uses a customer-managed key for on the caller's behalf
 * (Developer Guide, "DynamoDB encryption at rest: usage notes").
 */
export const KEY_READ_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
/** Named one by one, as `kms:ReEncrypt*` and `kms:GenerateDataKey*` would be wildcards. */
export const KEY_WRITE_ACTIONS = [
  ...KEY_READ_ACTIONS,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
