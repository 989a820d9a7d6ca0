import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
  handleWhen,
  retry,
  type RetryPolicy,
  wrap,
} from 'cockatiel';
import { ABORTED, CONTENT_REFUSED, isPermanentError } from './aws-errors';
import type { Deadline } from './deadline';
import { errorName } from './warn-once';

/*
 * The retry policy. It repeats a request for two reasons: the request failed and a later one can succeed, or
 * the service returned a part of a batch unprocessed. BatchWriteItem does that with HTTP 200 if the table
 * throttles, so no retry of the AWS SDK sees it.
 *
 * The wait before each attempt grows exponentially, with decorrelated jitter (cockatiel's default). A
 * deadline or a signal ends the retries; there is no maximum number of attempts.
 *
 * Other requests, such as queries and single puts, are repeated by the AWS SDK: see `maxAttempts` of each
 * client.
 */

/** Shortest and longest wait before the next attempt, in milliseconds. */
interface Pauses {
  readonly initialDelay: number;
  readonly maxDelay: number;
}

/** Pauses of a flush, whose deadline is about one second away. */
const FLUSH_PAUSES: Pauses = { initialDelay: 20, maxDelay: 400 };
/** Pauses of a job that has minutes, such as the nightly rollup. */
const JOB_PAUSES: Pauses = { initialDelay: 50, maxDelay: 5000 };

/** The service returned items of a batch unprocessed. */
class Unprocessed extends Error {
  override readonly name = 'UnprocessedItems';
}
const UNPROCESSED = new Unprocessed().name;

/** The deadline passed before the work was done. */
class Aborted extends Error {
  override readonly name = ABORTED;
}

/**
 * Returns a policy that repeats an action, for a flush, after each error for which `isRepeated` returns true.
 */
export function flushRetry(isRepeated: (error: Error) => boolean): RetryPolicy {
  return retry(handleWhen(isRepeated), { backoff: new ExponentialBackoff(FLUSH_PAUSES) });
}

/**
 * Sends items, and sends the unprocessed ones again until none is left. It repeats no failed request, because
 * the SDK does that.
 *
 * @param send returns the items that the service did not process
 * @throws the first error of `send`, or the reason of the signal if it ends the retries
 */
export async function sendUntilProcessed<Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<readonly Item[]>,
  signal?: AbortSignal,
): Promise<void> {
  let left = items;
  await retry(handleType(Unprocessed), { backoff: new ExponentialBackoff(JOB_PAUSES) }).execute(async () => {
    signal?.throwIfAborted();
    left = await send(left);
    if (left.length > 0) throw new Unprocessed(`${left.length} items were not processed`);
  }, signal);
}

/** Sends one batch. Returns the items that the service did not process. */
export type SendBatch<Item> = (batch: readonly Item[], signal: AbortSignal) => Promise<readonly Item[]>;

/** Result of a batch. */
export interface Outcome<Item> {
  /** Items that were not written. */
  readonly left: readonly Item[];
  /** Names of the errors that prevented the writing. Undefined if the deadline passed before any error. */
  readonly reason?: string;
  /** True if this batch opened the circuit breaker. */
  readonly opened?: boolean;
}

/**
 * Writes one batch until it is written, an error is permanent, or the deadline has passed. It never rejects.
 */
export type WriteBatch<Item> = (
  batch: readonly Item[],
  deadline: Deadline,
  /** Called after each answer with the items that are not written yet. */
  onLeft?: (left: readonly Item[]) => void,
) => Promise<Outcome<Item>>;

/** Settings of the circuit breaker. */
export interface BreakerSettings {
  /** Consecutive failed requests after which it opens. */
  readonly failures: number;
  /** Milliseconds for which it stays open. After that, one request tries the table. */
  readonly resetMs: number;
}

/** Reason for items whose request the table did not answer before the deadline. */
const NO_ANSWER = 'NoAnswer';
/**
 * Time after which a request without an answer counts as hung, in milliseconds. A first request takes less,
 * with credentials and a TLS handshake on the smallest function.
 */
const HUNG_MS = 500;
/** Requests of one batch after which the table counts as throttled, if it accepted none of the items. */
const THROTTLED_TRIES = 2;

/** Opens after consecutive failures, or at the next failure if `opensNow` is set. */
class TableBreaker extends ConsecutiveBreaker {
  opensNow = false;

  override failure(): boolean {
    const opens = super.failure() || this.opensNow;
    this.opensNow = false;
    return opens;
  }
}

/**
 * Returns a function that writes batches. It retries as long as that can help. While the circuit breaker is
 * open, it writes nothing, so that a handler does not wait for a table that is down.
 */
export function batchWriter<Item>(
  send: SendBatch<Item>,
  { failures, resetMs }: BreakerSettings,
): WriteBatch<Item> {
  const breaker = new TableBreaker(failures);
  // Errors of the content, the deadline and unprocessed items do not mean that the table is down.
  const circuit = circuitBreaker(
    handleWhen(({ name }) => name !== CONTENT_REFUSED && name !== ABORTED && name !== UNPROCESSED),
    { halfOpenAfter: resetMs, breaker },
  );
  const policy = wrap(flushRetry(canHelpAgain), circuit);
  /** Last failure before the breaker opened. */
  let cause = '';
  let hasOpened = false;
  circuit.onBreak(() => (hasOpened = true));
  /** Counts a request without an answer as a failure. */
  const fail = async (failure: string, { opens }: { readonly opens: boolean }) => {
    cause = failure;
    breaker.opensNow = opens;
    await circuit.execute(() => Promise.reject(new Error(failure))).catch(() => undefined);
    breaker.opensNow = false;
  };
  const withOpened = (outcome: Outcome<Item>): Outcome<Item> => {
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
      // The policy does not end a pause at the deadline, so an attempt can begin after it.
      if (signal.aborted) throw new Aborted();
      tries += 1;
      sentAt = performance.now();
      try {
        // The abort signal does not end the search for credentials.
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
    if (inTime && (inTime.left.length === 0 || !signal.aborted)) return withOpened(inTime);
    // A request in flight may still succeed, so its items may be written twice, with the same result. A
    // deadline that passed while the process was frozen does not mean that the table is down.
    if (!deadline.wasFrozen()) {
      const waitedMs = sentAt === undefined ? undefined : performance.now() - sentAt;
      const isThrottled =
        tries >= THROTTLED_TRIES && lastFailure === UNPROCESSED && left.length === batch.length;
      if (waitedMs !== undefined) await fail(NO_ANSWER, { opens: waitedMs >= HUNG_MS });
      else if (isThrottled) await fail(UNPROCESSED, { opens: true });
    }
    return withOpened(
      lastFailure === undefined ? { left } : { left, reason: `deadline, after ${lastFailure}` },
    );
  };
}

/** Returns true if the same batch can succeed later. */
function canHelpAgain(error: Error): boolean {
  return !(
    isPermanentError(error.name) ||
    error.name === CONTENT_REFUSED ||
    error.name === ABORTED ||
    error instanceof BrokenCircuitError
  );
}

function reasonOf(error: unknown, cause: string): string {
  return error instanceof BrokenCircuitError
    ? `the circuit breaker is open, after ${cause}`
    : errorName(error);
}
