import { BrokenCircuitError, ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { Deadline } from './deadline';
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

const INITIAL_DELAY_MS = 20;
const MAX_DELAY_MS = 400;

// Decorrelated jitter is the back-off's default.
const policy = retry(handleWhen(error => !HOPELESS.has(error.name)), {
  backoff: new ExponentialBackoff({ initialDelay: INITIAL_DELAY_MS, maxDelay: MAX_DELAY_MS }),
});

/**
 * Writes a batch, again and again with growing pauses while that can help, until the deadline.
 *
 * @returns what could not be written, and why; at the deadline also what may still be written: writing it again changes nothing
 */
export function writeBatch(batch: readonly QueuedItem[], send: SendBatch, { signal, passed }: Deadline): Promise<{ left: readonly QueuedItem[]; error?: unknown }> {
  let left = batch;
  const written = policy.execute(async () => {
    left = await send(left, signal);
    if (left.length > 0) throw new Unprocessed(`${left.length} items were not processed`);
  }, signal).then(() => ({ left }), (error: unknown) => ({ left, error }));
  // Neither a pause between two tries nor the search for credentials hears the signal.
  return Promise.race([written, passed.then(() => ({ left }))]);
}
