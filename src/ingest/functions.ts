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

/** Retry settings of a function for its asynchronous invocations. */
export interface AsyncSettings {
  readonly retryAttempts: number;
  readonly maxEventAge: Duration;
}

/** Settings that all functions of one ingest share. */
export interface IngestFunctionProps extends Omit<HandlerFunctionProps, 'handler' | 'description'> {
  readonly traceTable: ITokenTraceTable;
  readonly pricing?: TokenPricing;
  readonly queue: sqs.IQueue;
}

/** Retention of messages in the queues of the ingest: 14 days, the maximum of SQS (SQS quotas). */
const RETENTION = Duration.days(14);
/**
 * Maximum number of times that SQS delivers a message. After these attempts, SQS moves the message to the
 * dead-letter queue.
 */
const MAX_RECEIVE_COUNT = 5;

/** KMS actions to send a message to an encrypted queue (SQS Developer Guide, "Key management"). */
const KEY_SEND_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Creates the two queues of an ingest. `queue` receives invocations that the ingest could not record.
 * `unhandled` is its dead-letter queue, for messages that nobody could process.
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
  // Sets no `redriveAllowPolicy` for `Unhandled`. A policy that allows only `Queue` would create a cycle,
  // because each queue would need the ARN of the other.
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
 * Creates a function of an ingest, inside a new construct with the given `id`. Allows the function to write
 * traces and to send messages.
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

/**
 * Configures the function `from` to send an event to the function `to` if all attempts to process the event
 * fail.
 */
export function sendFailuresTo(from: HandlerFunction, to: HandlerFunction, settings: AsyncSettings): void {
  // Grants only this permission. `LambdaDestination` of aws-cdk-lib would also allow all versions of the
  // function, with a wildcard.
  from.role.addToPolicy(
    new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [to.function.functionArn] }),
  );
  from.function.configureAsyncInvoke({
    ...settings,
    onFailure: { bind: () => ({ destination: to.function.functionArn }) },
  });
}

/**
 * Allows a function to write traces to the trace table, and to use the encryption key of the table. If the
 * table is imported, the app must allow the use of the key.
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
