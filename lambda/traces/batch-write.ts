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
import { errorName } from '../process/warn-once';

/** Sends one batch; what the service did not process comes back. */
export type SendBatch = (batch: readonly QueuedItem[], signal: AbortSignal) => Promise<readonly QueuedItem[]>;

/** Result of a batch. */
export interface Outcome {
  /** Items that were not written. */
  readonly left: readonly QueuedItem[];
  /** Names of the errors that left items. Undefined if the deadline passed before any error. */
  readonly reason?: string;
  /** True if this batch opened the circuit breaker. */
  readonly opened?: boolean;
}

/** Writes one batch until it is written, it is hopeless, or the deadline has passed. It never rejects. */
export type WriteBatch = (
  batch: readonly QueuedItem[],
  deadline: Deadline,
  /** Called after each answer with the items that are left. */
  onLeft?: (left: readonly QueuedItem[]) => void,
) => Promise<Outcome>;

/** When a table that fails is left alone. */
export interface BreakerSettings {
  /** After so many failed requests in a row. */
  readonly failures: number;
  /** For so long; then one request tries it. */
  readonly resetMs: number;
}

/** Items came back unprocessed, with HTTP 200: the table throttles. */
const UNPROCESSED = 'UnprocessedItems';
/** The deadline passed. */
const ABORTED = 'AbortError';
/** Neither the environment nor a profile names a region. */
export const REGION_MISSING = 'RegionMissing';
/** The table did not answer. */
const NO_ANSWER = 'NoAnswer';

class Unprocessed extends Error {
  override readonly name = UNPROCESSED;
}

class Aborted extends Error {
  override readonly name = ABORTED;
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
  ABORTED,
  REGION_MISSING,
]);

/** The fault of one batch, and not of the table. */
export const OF_THE_BATCH = 'ValidationException';

const INITIAL_DELAY_MS = 20;
const MAX_DELAY_MS = 400;
/**
 * Time after which a request without an answer counts as hung. A first request takes less, with credentials
 * and a TLS handshake on the smallest function.
 */
const HUNG_MS = 500;
/** Requests of one batch after which the table counts as throttled, if it took none of their items. */
const THROTTLED_TRIES = 2;

/** Opens after consecutive failures, or at once. */
class TableBreaker extends ConsecutiveBreaker {
  opensNow = false;

  override failure(): boolean {
    const opens = super.failure() || this.opensNow;
    this.opensNow = false;
    return opens;
  }
}

/**
 * Returns a function that writes batches. It retries with growing pauses as long as that can help. While the
 * breaker is open, it writes nothing, so that a handler does not wait for a table that is down.
 */
export function batchWriter(send: SendBatch, { failures, resetMs }: BreakerSettings): WriteBatch {
  const breaker = new TableBreaker(failures);
  const circuit = circuitBreaker(
    handleWhen(({ name }) => name !== OF_THE_BATCH && name !== ABORTED && name !== UNPROCESSED),
    { halfOpenAfter: resetMs, breaker },
  );
  // Decorrelated jitter is the back-off's default.
  const policy = wrap(
    retry(
      handleWhen(error => !HOPELESS.has(error.name) && !(error instanceof BrokenCircuitError)),
      { backoff: new ExponentialBackoff({ initialDelay: INITIAL_DELAY_MS, maxDelay: MAX_DELAY_MS }) },
    ),
    circuit,
  );
  /** Last failure before the breaker opened. */
  let cause = '';
  let hasOpened = false;
  circuit.onBreak(() => (hasOpened = true));
  /** Counts a failure for the breaker, because the request has not ended. */
  const fail = async (failure: string, { opens }: { readonly opens: boolean }) => {
    cause = failure;
    breaker.opensNow = opens;
    await circuit.execute(() => Promise.reject(new Error(failure))).catch(() => undefined);
    breaker.opensNow = false;
  };
  const outcomeOf = (outcome: Outcome): Outcome => {
    const opened = hasOpened;
    hasOpened = false;
    return opened ? { ...outcome, opened } : outcome;
  };

  return async (batch, deadline, onLeft) => {
    const { signal, passed } = deadline;
    let left = batch;
    let tries = 0;
    let lastFailure: string | undefined;
    let sentAt: number | undefined;
    const isOver = passed.then(() => Promise.reject(new Aborted()));
    isOver.catch(() => undefined);
    const attempt = async () => {
      // The deadline does not end a pause between two attempts.
      if (signal.aborted) throw new Aborted();
      tries += 1;
      sentAt = performance.now();
      try {
        // The deadline does not end the search for credentials.
        left = await Promise.race([send(left, signal), isOver]);
        onLeft?.(left);
        if (left.length > 0) throw new Unprocessed();
      } catch (error) {
        if (!signal.aborted) cause = lastFailure = errorName(error);
        throw error;
      } finally {
        if (!signal.aborted) sentAt = undefined;
      }
    };
    const written = policy.execute(attempt, signal).then(
      () => ({ left }),
      (error: unknown) => ({ left, reason: reasonOf(error, cause) }),
    );
    const inTime = await Promise.race([written, passed]);
    if (inTime && (inTime.left.length === 0 || !signal.aborted)) return outcomeOf(inTime);
    // A request in flight may still succeed, and writing its items again changes nothing. A deadline that
    // passed while the process was frozen says nothing about the table.
    if (!deadline.wasFrozen()) {
      const waitedMs = sentAt === undefined ? undefined : performance.now() - sentAt;
      const isThrottled =
        tries >= THROTTLED_TRIES && lastFailure === UNPROCESSED && left.length === batch.length;
      if (waitedMs !== undefined) await fail(NO_ANSWER, { opens: waitedMs >= HUNG_MS });
      else if (isThrottled) await fail(UNPROCESSED, { opens: true });
    }
    return outcomeOf(
      lastFailure === undefined ? { left } : { left, reason: `deadline, after ${lastFailure}` },
    );
  };
}

function reasonOf(error: unknown, cause: string): string {
  return error instanceof BrokenCircuitError
    ? `the circuit breaker is open, after ${cause}`
    : errorName(error);
}
