import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter, SendLetters } from './dead-letter';

/**
 * Maximum messages and bytes of one request (SQS API reference, SendMessageBatch). SQS takes more bytes since
 * 2025, but an older queue keeps its own maximum. A message is less than a quarter of that.
 */
const MAX_BATCH = 10;
const MAX_BATCH_BYTES = 262_144;
const MAX_ATTEMPTS = 4;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

/** Connects the queue of what could not be taken in. */
export function connectIngestQueue(queueUrl: string): SendLetters {
  const client = new SQSClient({ maxAttempts: MAX_ATTEMPTS, requestHandler: TIMEOUTS });
  const send = async (bodies: readonly string[]) => {
    try {
      const { Failed } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
      );
      return Failed?.length ?? 0;
    } catch {
      return bodies.length;
    }
  };
  return async letters => {
    let [sent, unsent] = [0, 0];
    for (const bodies of batchesOf(letters)) {
      unsent += await send(bodies);
      sent += bodies.length;
      // Where the queue cannot be reached, the function's time is not spent on asking it again.
      if (unsent > MAX_BATCH) return unsent + letters.length - sent;
    }
    return unsent;
  };
}

/** Returns the bodies of messages, in groups of which each fits one request. */
export function batchesOf(letters: readonly DeadLetter[]): string[][] {
  const batches: string[][] = [];
  let bytes = Infinity;
  for (const letter of letters) {
    const body = bodyOf(letter);
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

/** JSON escapes all characters that SQS refuses in a message (API reference, SendMessage) but these two. */
const UNSENDABLE = /[\ufffe\uffff]/g;

function bodyOf(letter: DeadLetter): string {
  return JSON.stringify(letter).replace(
    UNSENDABLE,
    character => `\\u${character.charCodeAt(0).toString(16)}`,
  );
}
