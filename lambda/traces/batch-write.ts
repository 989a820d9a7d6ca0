import { BrokenCircuitError, ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { QueuedItem } from './trace-queue';

/** Sends one batch; what the service did not process comes back. */
export type SendBatch = (batch: readonly QueuedItem[], signal: AbortSignal) => Promise<readonly QueuedItem[]>;

/** Asking again does not help: the table, the permission or the item is wrong. */
const HOPELESS = new Set([
  'ResourceNotFoundException', 'AccessDeniedException', 'ValidationException', 'UnrecognizedClientException', 'ExpiredTokenException',
  'InvalidSignatureException', 'CredentialsProviderError', 'AbortError', BrokenCircuitError.name,
]);

/** A batch was taken in part: throttled items come back with HTTP 200, and no retry of the SDK sees them. */
class Unprocessed extends Error {}

const MAX_ATTEMPTS = 8;
const INITIAL_DELAY_MS = 20;
const MAX_DELAY_MS = 400;

// Decorrelated jitter is the back-off's default.
const policy = retry(handleWhen(error => !HOPELESS.has(error.name)), {
  maxAttempts: MAX_ATTEMPTS,
  backoff: new ExponentialBackoff({ initialDelay: INITIAL_DELAY_MS, maxDelay: MAX_DELAY_MS }),
});

/**
 * Writes a batch, again and again with growing pauses while that can help and the signal allows it.
 *
 * @returns what could not be written, and why
 */
export async function writeBatch(batch: readonly QueuedItem[], send: SendBatch, signal: AbortSignal): Promise<{ left: readonly QueuedItem[]; error?: unknown }> {
  let left = batch;
  try {
    await policy.execute(async () => {
      left = await send(left, signal);
      if (left.length > 0) throw new Unprocessed(`${left.length} items were not processed`);
    }, signal);
    return { left };
  } catch (error) {
    return { left, error };
  }
}
