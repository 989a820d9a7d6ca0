import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  INGEST_MAX_RECEIVES,
  INGEST_NOTES_ACTIONS,
  INGEST_QUEUE_ACTIONS,
  INGEST_WAITING_ACTIONS,
  INGEST_WRITE_ACTIONS,
  SPAN_WAIT_SECONDS,
} from '../contract';
import type { TokenPricing } from '../pricing/token-pricing';
import { acknowledge, LAST_QUEUE_REASONS, QUEUE_MAPPING_REASONS } from '../private/acknowledged-rules';
import { grantKeyThrough, TABLE_KEY_WRITE_ACTIONS } from '../private/encryption-key';
import {
  type HandlerFunction,
  handlerFunction,
  type HandlerFunctionProps,
} from '../private/handler-function';
import { TraceTableBase } from '../traces/trace-table-base';
import type { ITokenTraceTable } from '../traces/trace-table-interface';

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

/** Maximum number of waiting spans in one invocation of the function. */
const WAITING_BATCH = 100;
/** Maximum time for which Lambda collects waiting spans before it invokes the function. */
const WAITING_WINDOW = Duration.seconds(20);
/**
 * Maximum number of concurrent executions of the function for waiting spans. It is the lowest number that
 * Lambda accepts, so that the other executions remain for new spans.
 */
const WAITING_CONCURRENCY = 2;
/**
 * Minimum number of reserved executions of the function that records spans. With fewer, waiting spans could
 * use all of them, and Lambda would throttle new spans.
 */
export const MIN_SPANS_CONCURRENCY = WAITING_CONCURRENCY + 1;
/**
 * Factor between the timeout of a function and the visibility timeout of its queue (Lambda Developer Guide,
 * "Configuring a queue to use with Lambda").
 */
const VISIBILITY_FACTOR = 6;

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
  const props = queueProps(encryptionMasterKey);
  // Sets no `redriveAllowPolicy` for `Unhandled`. A policy that allows only some queues would create a cycle,
  // because each of these queues needs the ARN of `Unhandled`.
  const unhandled = new sqs.Queue(scope, 'Unhandled', props);
  acknowledge(unhandled, LAST_QUEUE_REASONS);
  return [
    new sqs.Queue(scope, 'Queue', {
      ...props,
      deadLetterQueue: { queue: unhandled, maxReceiveCount: INGEST_MAX_RECEIVES },
      redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL },
    }),
    unhandled,
  ];
}

/**
 * Creates the queue in which spans wait for the second span of their call. Spans that the function could not
 * process move to `deadLetterQueue`.
 *
 * @param timeout timeout of the function that reads the queue
 */
export function waitingQueue(
  scope: Construct,
  {
    deadLetterQueue,
    encryptionKey,
    timeout,
  }: { readonly deadLetterQueue: sqs.Queue; readonly encryptionKey?: kms.IKey; readonly timeout: Duration },
): sqs.Queue {
  return new sqs.Queue(scope, 'Waiting', {
    ...queueProps(encryptionKey),
    // Each message has a delay of its own, so this one is used only for messages of other senders.
    deliveryDelay: Duration.seconds(SPAN_WAIT_SECONDS),
    visibilityTimeout: Duration.seconds(VISIBILITY_FACTOR * timeout.toSeconds() + WAITING_WINDOW.toSeconds()),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: INGEST_MAX_RECEIVES },
    redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL },
  });
}

function queueProps(encryptionMasterKey: kms.IKey | undefined): sqs.QueueProps {
  return {
    encryption: encryptionMasterKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey,
    enforceSSL: true,
    retentionPeriod: RETENTION,
  };
}

/** Allows a function to send spans to the waiting queue. */
export function grantSendWaiting(to: HandlerFunction, waiting: sqs.IQueue): void {
  iam.Grant.addToPrincipal({
    grantee: to.role,
    actions: [...INGEST_QUEUE_ACTIONS],
    resourceArns: [waiting.queueArn],
  });
}

/** Allows a function to read the spans that wait in the trace table. */
export function grantReadNotes(to: HandlerFunction, { tableArn }: ITokenTraceTable): void {
  iam.Grant.addToPrincipal({
    grantee: to.role,
    actions: [...INGEST_NOTES_ACTIONS],
    resourceArns: [tableArn],
  });
}

/** Configures Lambda to invoke a function with the messages of the waiting queue. */
export function readWaiting(by: HandlerFunction, waiting: sqs.IQueue): void {
  iam.Grant.addToPrincipal({
    grantee: by.role,
    actions: [...INGEST_WAITING_ACTIONS],
    resourceArns: [waiting.queueArn],
  });
  // `SqsEventSource` of aws-cdk-lib would grant more actions.
  const mapping = new lambda.EventSourceMapping(by.function, 'Waiting', {
    target: by.function,
    eventSourceArn: waiting.queueArn,
    batchSize: WAITING_BATCH,
    maxBatchingWindow: WAITING_WINDOW,
    maxConcurrency: WAITING_CONCURRENCY,
  });
  acknowledge(mapping, QUEUE_MAPPING_REASONS);
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
 * table was imported by its name or ARN, the app must allow the use of the key.
 */
function grantPutTraces(traceTable: ITokenTraceTable, grantee: iam.IGrantable): void {
  if (traceTable instanceof TraceTableBase && traceTable._encryptionKey) {
    const { _encryptionKey: key, _place: place } = traceTable;
    grantKeyThrough(traceTable, key, grantee, 'dynamodb', TABLE_KEY_WRITE_ACTIONS, place.region);
  }
  iam.Grant.addToPrincipal({
    grantee,
    actions: [...INGEST_WRITE_ACTIONS],
    resourceArns: [traceTable.tableArn],
  });
}
