import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel';
import type { QueuedItem } from './queued-item';
import type { Deadline } from '../process/deadline';
import { nameOf } from '../process/warn-once';

/** Sends one batch; what the service did not process comes back. */
export type SendBatch = (batch: readonly QueuedItem[], signal: AbortSignal) => Promise<readonly QueuedItem[]>;

/** What came of a batch: what could not be written, and why in a word. */
export interface Outcome {
  readonly left: readonly QueuedItem[];
  /** Undefined where the time was over. */
  readonly reason?: string;
}

/** Writes one batch until it is written, it is hopeless, or the deadline has passed. It never rejects. */
export type WriteBatch = (batch: readonly QueuedItem[], deadline: Deadline) => Promise<Outcome>;

/** When a table that fails is left alone. */
export interface BreakerSettings {
  /** After so many failed requests in a row. */
  readonly failures: number;
  /** For so long; then one request tries it. */
  readonly resetMs: number;
  readonly onOpen: () => void;
}

/** Asking again does not help: the table, the permission or the item is wrong. */
const HOPELESS = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ValidationException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'CredentialsProviderError',
  'AbortError',
]);

/** The fault of one batch, and not of the table. */
const OF_THE_BATCH = 'ValidationException';

/** A batch was taken in part: throttled items come back with HTTP 200, and no retry of the SDK sees them. */
class Unprocessed extends Error {}

const INITIAL_DELAY_MS = 20;
const MAX_DELAY_MS = 400;

/**
 * Makes what writes batches: again and again with growing pauses while that can help, and not
 * at all while the breaker is open, so that a table that is down costs a handler no time.
 */
export function batchWriter(send: SendBatch, { failures, resetMs, onOpen }: BreakerSettings): WriteBatch {
  const breaker = circuitBreaker(
    handleWhen(error => error.name !== OF_THE_BATCH && !(error instanceof Unprocessed)),
    {
      halfOpenAfter: resetMs,
      breaker: new ConsecutiveBreaker(failures),
    },
  );
  breaker.onBreak(onOpen);
  // Decorrelated jitter is the back-off's default.
  const policy = wrap(
    retry(
      handleWhen(error => !HOPELESS.has(error.name) && !(error instanceof BrokenCircuitError)),
      {
        backoff: new ExponentialBackoff({ initialDelay: INITIAL_DELAY_MS, maxDelay: MAX_DELAY_MS }),
      },
    ),
    breaker,
  );
  return (batch, { signal, passed }) => {
    let left = batch;
    const written = policy
      .execute(async () => {
        left = await send(left, signal);
        if (left.length > 0) throw new Unprocessed(`${left.length} items were not processed`);
      }, signal)
      .then(
        () => ({ left }),
        (error: unknown) => ({ left, reason: reasonOf(error) }),
      );
    // Neither a pause between two tries nor the search for credentials hears the signal. What
    // is still under way then may be written all the same: writing it again changes nothing.
    return Promise.race([written, passed.then(() => ({ left, reason: undefined }))]);
  };
}

function reasonOf(error: unknown): string {
  return error instanceof BrokenCircuitError ? 'the circuit breaker is open' : nameOf(error);
}
