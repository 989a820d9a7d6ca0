import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct, IDependable } from 'constructs';
import type { LargeDataDelivery } from './large-data-delivery';
import { addToKeyPolicy } from '../private/encryption-key';
import { warnWithStatement } from '../private/synth-messages';

/** Log stream that Bedrock writes (Bedrock User Guide, "Monitor model invocation"). */
const LOG_STREAM = 'aws/bedrock/modelinvocations';
/** Folder of the account's logs below the key prefix, from the same page. */
const LOG_FOLDER = 'BedrockModelInvocationLogs';

export const BEDROCK = 'bedrock.amazonaws.com';

/** Returns the Bedrock service principal, limited to requests for the stack's account and region. */
export function bedrockPrincipal(scope: IConstruct): iam.ServicePrincipal {
  const { account, partition, region } = Stack.of(scope);
  return new iam.ServicePrincipal(BEDROCK, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:*` },
    },
  });
}

/** Returns the ARN of Bedrock's log stream in a log group. */
export function logStreamArn(scope: IConstruct, logGroupName: string): string {
  return Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${logGroupName}:log-stream:${LOG_STREAM}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * Allows Bedrock to write large bodies to a bucket and to use the bucket's key. If the policy of the bucket
 * or the key cannot be changed from here, a warning contains the statement to add.
 *
 * @returns the bucket policy, which must exist before the logging setting, or undefined if nothing was added
 */
export function allowBedrockToWrite(
  scope: IConstruct,
  { bucket, keyPrefix }: LargeDataDelivery,
): IDependable | undefined {
  const folder = `AWSLogs/${Stack.of(scope).account}/${LOG_FOLDER}/*`;
  const statement = new iam.PolicyStatement({
    principals: [bedrockPrincipal(scope)],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects(keyPrefix === undefined ? folder : `${keyPrefix}/${folder}`)],
  });
  const { statementAdded, policyDependable } = bucket.addToResourcePolicy(statement);
  if (!statementAdded) {
    warnWithStatement(
      scope,
      'bucketPolicy',
      `The policy of ${bucket.node.path} cannot be changed from here. Bedrock cannot write bodies of more than ` +
        '100 KB to the bucket, and the deployment can fail. Add this statement to the policy:',
      statement,
    );
  }
  if (bucket.encryptionKey) {
    addToKeyPolicy(
      scope,
      bucket.encryptionKey,
      new iam.PolicyStatement({
        principals: [bedrockPrincipal(scope)],
        actions: ['kms:GenerateDataKey'],
        resources: ['*'],
      }),
      'Bedrock cannot encrypt bodies of more than 100 KB, and they are lost.',
    );
  }
  return policyDependable;
}
