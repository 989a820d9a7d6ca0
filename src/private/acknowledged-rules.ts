import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Rules of common rule packs that are broken on purpose, each with the reason. */
export interface Reasons {
  readonly [rule: string]: string;
}

const NO_VPC =
  'It reaches AWS services alone, over their own endpoints; in a VPC it would need a NAT gateway or ' +
  'endpoints for each.';
const LOG_KEY =
  'CloudWatch Logs encrypts it with a key of its own. It holds counts and ids, no prompts and no answers. ' +
  'Give `encryptionKey` for a key of yours.';
const ROLE_POLICY = 'It is made for this role alone, and goes with it.';

/** Of every handler's function. */
const FUNCTION_REASONS: Reasons = {
  'Serverless-LambdaTracing':
    'It is the end of its own trace: nothing waits for it, and each segment would be billed.',
  'NIST.800.53.R4-LambdaInsideVPC': NO_VPC,
  'NIST.800.53.R5-LambdaInsideVPC': NO_VPC,
};

/** Of the function of a schedule. */
export const SCHEDULED_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters(
    "A failed run shows in the function's Errors metric. Lambda tries it again, and the next run does the work " +
      'of a failed one, too.',
  ),
  'NIST.800.53.R5-LambdaConcurrency':
    "It runs on a schedule, one at a time; reserved concurrency would be taken from the account's " +
    'other functions.',
};

/** Of a function of the ingest that reads the log or events. */
export const INGEST_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters(
    'Lambda hands what it gives up to the failures function, which puts what it cannot record on the queue.',
  ),
};

/** Of the function that tries a last time what the ingest has given up. */
export const FAILURES_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters('It is itself the destination of failures, and an alarm watches its Errors metric.'),
};

/** Of the function of a custom resource. */
export const RESOURCE_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters('CloudFormation waits for its answer, and reports the deployment as failed without one.'),
  'Serverless-LambdaAsyncFailureDestination':
    'CloudFormation waits for its answer, and reports the deployment as failed without one.',
};

function noDeadLetters(reason: string): Reasons {
  return { 'Serverless-LambdaDLQ': reason, 'NIST.800.53.R5-LambdaDLQ': reason };
}

/** Of a handler's log group. */
export const LOG_REASONS: Reasons = {
  'NIST.800.53.R4-CloudWatchLogGroupEncrypted': LOG_KEY,
  'NIST.800.53.R5-CloudWatchLogGroupEncrypted': LOG_KEY,
};

/** Of a handler's role. */
export const ROLE_REASONS: Reasons = {
  'NIST.800.53.R4-IAMNoInlinePolicy': ROLE_POLICY,
  'NIST.800.53.R5-IAMNoInlinePolicy': ROLE_POLICY,
};

/** Of the role that reads metrics. */
export const METRIC_READER_REASONS: Reasons = {
  'AwsSolutions-IAM5[Resource::*]': 'GetMetricData has no resource level.',
};

/** Of the policy for the account's logging setting. */
export const LOGGING_SETTING_REASONS: Reasons = {
  'AwsSolutions-IAM5[Resource::*]': "The account's model invocation logging has no resource level.",
};

/** Of a log group for the invocation log that is made here. */
export const INVOCATION_LOG_REASONS: Reasons = Object.fromEntries(
  Object.keys(LOG_REASONS).map(rule => [
    rule,
    'CloudWatch Logs encrypts it with a key of its own; give a log group with a key of yours where ' +
      'prompts need one.',
  ]),
);

/** Of a topic for budgets that is made here. */
export const TOPIC_REASONS: Reasons = Object.fromEntries(
  ['NIST.800.53.R4-SNSEncryptedKMS', 'NIST.800.53.R5-SNSEncryptedKMS'].map(rule => [
    rule,
    'AWS Budgets publishes to no topic with the key of SNS; the messages are sums. Give a topic with ' +
      'a key of yours where those need one.',
  ]),
);

/** Of a rule that starts a function. */
export const SCHEDULE_REASONS: Reasons = {
  'Serverless-EventBusDLQ':
    'Lambda takes the event in or is asked again for hours; what the function does with it then is ' +
    'its own to tell.',
};

/** Of a queue at the end of another. */
export const LAST_QUEUE_REASONS: Reasons = {
  'Serverless-SQSRedrivePolicy': 'It is the dead-letter queue of another.',
};

/** Writes the reasons where the rules look for them. */
export function acknowledge(construct: IConstruct, reasons: Reasons): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}
