import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter, SendLetters } from './dead-letter';

/** Maximum number of messages in one request (SQS API reference, SendMessageBatch). */
const MAX_BATCH = 10;
/** Maximum bytes of one request: 256 KB, the limit of queues from before 2025. */
const MAX_BATCH_BYTES = 262_144;
const MAX_ATTEMPTS = 4;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

/** Returns a function that sends messages to the dead-letter queue, or to the queue of waiting spans. */
export function connectIngestQueue(queueUrl: string): SendLetters {
  const client = new SQSClient({ maxAttempts: MAX_ATTEMPTS, requestHandler: TIMEOUTS });
  const send = async (bodies: readonly string[], DelaySeconds?: number) => {
    try {
      const { Failed } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody, DelaySeconds })),
        }),
      );
      return Failed?.length ?? 0;
    } catch {
      return bodies.length;
    }
  };
  return async (letters, delaySeconds) => {
    let [sent, unsent] = [0, 0];
    for (const bodies of batchesOf(letters)) {
      unsent += await send(bodies, delaySeconds);
      sent += bodies.length;
      // If too many messages were not sent, stops early, because the queue seems unreachable.
      if (unsent > MAX_BATCH) return unsent + letters.length - sent;
    }
    return unsent;
  };
}

/** Splits messages into groups. Each group fits in one request. */
export function batchesOf(letters: readonly DeadLetter[]): string[][] {
  const batches: string[][] = [];
  let bytes = Infinity;
  for (const letter of letters) {
    const body = toBody(letter);
    const size = Buffer.byteLength(body);
    bytes += size;
    const last = batches.at(-1);
    if (last && last.length < MAX_BATCH && bytes <= MAX_BATCH_BYTES) {
      last.push(body);
    } else {
      batches.push([body]);
      bytes = size;
    }
  }
  return batches;
}

/**
 * Characters that SQS refuses in a message (API reference, SendMessage). `JSON.stringify` does not escape
 * them.
 */
const UNSENDABLE = /[\ufffe\uffff]/g;

function toBody(letter: DeadLetter): string {
  return JSON.stringify(letter).replace(
    UNSENDABLE,
    character => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
