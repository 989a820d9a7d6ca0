import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Rules that a construct breaks on purpose. Each key is the id of a rule from a rule pack such as cdk-nag.
 * Each value is the reason why the construct may break the rule.
 */
export interface Reasons {
  readonly [rule: string]: string;
}

const NO_VPC =
  'It calls only AWS services, through their public endpoints. In a VPC it would need a NAT gateway or ' +
  'an endpoint for each service.';
const LOG_KEY =
  'CloudWatch Logs encrypts it with its own key. It contains counts and ids, but no prompts or answers. ' +
  'Pass `encryptionKey` to use a customer managed key.';
const ROLE_POLICY = 'It belongs only to this role, and is deleted with it.';

/** Rules that every handler function breaks, with a reason for each rule. */
const FUNCTION_REASONS: Reasons = {
  'Serverless-LambdaTracing':
    'It is the last step of its X-Ray trace, no caller waits for it, and each segment would be billed.',
  'NIST.800.53.R4-LambdaInsideVPC': NO_VPC,
  'NIST.800.53.R5-LambdaInsideVPC': NO_VPC,
};

/** Rules that a scheduled function breaks, with a reason for each rule. */
export const SCHEDULED_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters(
    "A failed run shows in the function's Errors metric. Lambda retries it, and the next run repeats the work " +
      'of a failed one.',
  ),
  'NIST.800.53.R5-LambdaConcurrency':
    'It runs on a schedule, once at a time. Reserved concurrency would reduce that of the other functions in the ' +
    'account.',
};

/**
 * Rules that an ingest function breaks, with a reason for each rule. An ingest function reads the invocation
 * log or events.
 */
export const INGEST_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters(
    'Lambda sends failed events to the failures function, which sends those that it cannot record to the queue.',
  ),
};

/**
 * Rules that the failures function breaks, with a reason for each rule. The failures function handles the
 * events that an ingest function failed to process.
 */
export const FAILURES_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters('It is itself the destination of failures, and an alarm watches its Errors metric.'),
};

/** Rules that the function of a custom resource breaks, with a reason for each rule. */
export const RESOURCE_FUNCTION_REASONS: Reasons = {
  ...FUNCTION_REASONS,
  ...noDeadLetters('CloudFormation waits for its response, and fails the deployment without one.'),
  'Serverless-LambdaAsyncFailureDestination':
    'CloudFormation waits for its response, and fails the deployment without one.',
};

function noDeadLetters(reason: string): Reasons {
  return { 'Serverless-LambdaDLQ': reason, 'NIST.800.53.R5-LambdaDLQ': reason };
}

/** Rules that the log group of a handler breaks, with a reason for each rule. */
export const LOG_REASONS: Reasons = {
  'NIST.800.53.R4-CloudWatchLogGroupEncrypted': LOG_KEY,
  'NIST.800.53.R5-CloudWatchLogGroupEncrypted': LOG_KEY,
};

/** Rules that the role of a handler breaks, with a reason for each rule. */
export const ROLE_REASONS: Reasons = {
  'NIST.800.53.R4-IAMNoInlinePolicy': ROLE_POLICY,
  'NIST.800.53.R5-IAMNoInlinePolicy': ROLE_POLICY,
};

/** Rules that a policy breaks if it allows `GetMetricData` on all resources, with a reason for each rule. */
export const METRIC_READER_REASONS: Reasons = {
  'AwsSolutions-IAM5[Resource::*]': 'GetMetricData has no resource level.',
};

/**
 * Rules that a policy breaks if it allows access to the account's model invocation logging, with a reason for
 * each rule.
 */
export const LOGGING_SETTING_REASONS: Reasons = {
  'AwsSolutions-IAM5[Resource::*]': "The account's model invocation logging has no resource level.",
};

/** Rules that a new log group for the invocation log breaks, with a reason for each rule. */
export const INVOCATION_LOG_REASONS: Reasons = Object.fromEntries(
  Object.keys(LOG_REASONS).map(rule => [
    rule,
    'CloudWatch Logs encrypts it with its own key. Pass a log group with a customer managed key if the ' +
      'prompts need one.',
  ]),
);

/** Rules that a new topic for a budget breaks, with a reason for each rule. */
export const TOPIC_REASONS: Reasons = Object.fromEntries(
  ['NIST.800.53.R4-SNSEncryptedKMS', 'NIST.800.53.R5-SNSEncryptedKMS'].map(rule => [
    rule,
    'AWS Budgets cannot publish to a topic with the AWS managed key of SNS. The messages contain only sums. Pass ' +
      'a customer managed key if they need one.',
  ]),
);

/** Rules that a schedule breaks, with a reason for each rule. */
export const SCHEDULE_REASONS: Reasons = {
  'Serverless-EventBusDLQ':
    'EventBridge retries for hours until Lambda accepts the event. The function itself reports later failures.',
};

/** Rules that a dead-letter queue breaks, with a reason for each rule. */
export const LAST_QUEUE_REASONS: Reasons = {
  'Serverless-SQSRedrivePolicy': 'It is itself the dead-letter queue of another queue.',
};

/** Rules that the event source mapping of a queue breaks, with a reason for each rule. */
export const QUEUE_MAPPING_REASONS: Reasons = {
  'Serverless-LambdaEventSourceMappingDestination':
    'Lambda has no failure destination for SQS. The dead-letter queue of the queue receives the messages.',
};

/**
 * Adds the reasons to a construct, so that rule packs accept the broken rules. Does nothing if aws-cdk-lib is
 * too old for `Validations.acknowledge`. Rule packs that read the reasons need a later version anyway.
 */
export function acknowledge(construct: IConstruct, reasons: Reasons): void {
  // At runtime, the class is undefined before aws-cdk-lib 2.251, and the method is missing in that version.
  const known = Validations as Partial<typeof Validations> | undefined;
  const validations = known?.of?.(construct) as Partial<Validations> | undefined;
  validations?.acknowledge?.(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}
