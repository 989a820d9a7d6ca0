import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { INGEST_QUEUE_ACTIONS, INGEST_WRITE_ACTIONS } from '../contract';
import type { TokenPricing } from '../pricing/token-pricing';
import { acknowledge, LAST_QUEUE_REASONS } from '../private/acknowledged-rules';
import { grantKeyThrough, TABLE_KEY_WRITE_ACTIONS } from '../private/encryption-key';
import {
  type HandlerFunction,
  handlerFunction,
  type HandlerFunctionProps,
} from '../private/handler-function';
import { type ITokenTraceTable, TokenTraceTable } from '../traces/token-trace-table';

/** Retry settings of a function that Lambda invokes asynchronously. */
export interface AsyncSettings {
  readonly retryAttempts: number;
  readonly maxEventAge: Duration;
}

/** Settings that are the same for all functions of an ingest. */
export interface IngestFunctionProps extends Omit<HandlerFunctionProps, 'handler' | 'description'> {
  readonly traceTable: ITokenTraceTable;
  readonly pricing?: TokenPricing;
  readonly queue: sqs.IQueue;
}

/** Retention of messages. SQS allows 14 days at most (SQS quotas). */
const RETENTION = Duration.days(14);
/**
 * Number of times that a consumer can receive a message. After that, SQS moves the message to the dead-letter
 * queue.
 */
const MAX_RECEIVE_COUNT = 5;

/** KMS actions that a sender needs on the key of a queue (SQS Developer Guide, "Key management"). */
const KEY_SEND_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Creates the two queues of an ingest. `queue` holds invocations that could not be recorded. `unhandled` is
 * the dead-letter queue of `queue`. It holds messages that consumers of `queue` could not process.
 */
export function ingestQueues(
  scope: Construct,
  encryptionMasterKey: kms.IKey | undefined,
): readonly [queue: sqs.Queue, unhandled: sqs.Queue] {
  const props = {
    encryption: encryptionMasterKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey,
    enforceSSL: true,
    retentionPeriod: RETENTION,
  };
  // `props` contains no `redriveAllowPolicy`, so any queue of the account may use this queue as its
  // dead-letter queue. A policy for `Queue` alone would need the ARN of `Queue`, which itself needs the ARN
  // of this queue. CloudFormation refuses such a cycle.
  const unhandled = new sqs.Queue(scope, 'Unhandled', props);
  acknowledge(unhandled, LAST_QUEUE_REASONS);
  return [
    new sqs.Queue(scope, 'Queue', {
      ...props,
      deadLetterQueue: { queue: unhandled, maxReceiveCount: MAX_RECEIVE_COUNT },
      redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL },
    }),
    unhandled,
  ];
}

/**
 * Creates a function of an ingest in a scope of its own, and grants the permissions that the function needs.
 */
export function ingestFunction(
  scope: Construct,
  id: string,
  {
    traceTable,
    pricing,
    queue,
    ...props
  }: IngestFunctionProps & Pick<HandlerFunctionProps, 'handler' | 'description'>,
): HandlerFunction {
  const made = handlerFunction(new Construct(scope, id), props);
  grantPutTraces(traceTable, made.role);
  iam.Grant.addToPrincipal({
    grantee: made.role,
    actions: [...INGEST_QUEUE_ACTIONS],
    resourceArns: [queue.queueArn],
  });
  if (props.encryptionKey) grantKeyThrough(scope, props.encryptionKey, made.role, 'sqs', KEY_SEND_ACTIONS);
  pricing?.grantResolveProfiles(made.role);
  return made;
}

/** Sends an event of one function to another function when Lambda no longer retries the event. */
export function sendFailuresTo(from: HandlerFunction, to: HandlerFunction, settings: AsyncSettings): void {
  // The destination class of aws-cdk-lib would also grant the permission to invoke all versions of the
  // function. This permission needs a wildcard.
  from.role.addToPolicy(
    new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [to.function.functionArn] }),
  );
  from.function.configureAsyncInvoke({
    ...settings,
    onFailure: { bind: () => ({ destination: to.function.functionArn }) },
  });
}

/**
 * Grants the permission to put items in a trace table, and to use the key of the table. If the table is
 * imported, the app itself must grant the use of the key.
 */
function grantPutTraces(traceTable: ITokenTraceTable, grantee: iam.IGrantable): void {
  const key = traceTable instanceof TokenTraceTable ? traceTable.table.encryptionKey : undefined;
  if (key) grantKeyThrough(traceTable, key, grantee, 'dynamodb', TABLE_KEY_WRITE_ACTIONS);
  iam.Grant.addToPrincipal({
    grantee,
    actions: [...INGEST_WRITE_ACTIONS],
    resourceArns: [traceTable.tableArn],
  });
}
