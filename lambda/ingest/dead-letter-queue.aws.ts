import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter, SendLetters } from './dead-letter';

/**
 * SendMessageBatch takes so many (SQS API reference). A letter
 * is of 6 KB at most, so ten are far below its limit of bytes.
 */
const MAX_BATCH = 10;
const MAX_ATTEMPTS = 4;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

/** Connects the queue of what could not be taken in. */
export function connectIngestQueue(queueUrl: string): SendLetters {
  const client = new SQSClient({ maxAttempts: MAX_ATTEMPTS, requestHandler: TIMEOUTS });
  const send = async (letters: readonly DeadLetter[]) => {
    try {
      const { Failed } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: letters.map((letter, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify(letter),
          })),
        }),
      );
      return Failed?.length ?? 0;
    } catch {
      return letters.length;
    }
  };
  return async letters => {
    let unsent = 0;
    for (let from = 0; from < letters.length; from += MAX_BATCH) {
      unsent += await send(letters.slice(from, from + MAX_BATCH));
      // Where the queue cannot be reached, the function's time is not spent on asking it again.
      if (unsent > MAX_BATCH) return unsent + Math.max(0, letters.length - from - MAX_BATCH);
    }
    return unsent;
  };
}
