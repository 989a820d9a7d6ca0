import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct, IDependable } from 'constructs';
import type { LargeDataDelivery } from './large-data-delivery';
import { addToKeyPolicy } from '../private/encryption-key';
import { warnWithStatement } from '../private/synth-messages';

/**
 * Name that Bedrock gives to its log stream in the log group (Bedrock User Guide, "Monitor model
 * invocation").
 */
const LOG_STREAM = 'aws/bedrock/modelinvocations';
/** Name that Bedrock gives to its folder in the bucket (Bedrock User Guide, "Monitor model invocation"). */
const LOG_FOLDER = 'BedrockModelInvocationLogs';

export const BEDROCK = 'bedrock.amazonaws.com';

/**
 * Returns Bedrock as the principal of a policy statement. The statement applies only to requests for the
 * account and region of the stack.
 */
export function bedrockPrincipal(scope: IConstruct): iam.ServicePrincipal {
  const { account, partition, region } = Stack.of(scope);
  return new iam.ServicePrincipal(BEDROCK, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:*` },
    },
  });
}

/** Returns the ARN of the log stream to which Bedrock writes its invocation log. */
export function logStreamArn(scope: IConstruct, logGroupName: string): string {
  return Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: `${logGroupName}:log-stream:${LOG_STREAM}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * Allows Bedrock to write large prompts and answers to a bucket, and to use the key of the bucket. If this
 * app cannot change the policy of the bucket or of the key, a warning contains the statement to add.
 *
 * @returns the bucket policy, or undefined if the bucket policy was not changed. CloudFormation must create
 * the policy before the logging setting
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
