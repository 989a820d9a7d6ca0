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
import { monotonicMs } from './monotonic-clock';
import { errorName } from './warn-once';

/*
 * Retry policy of this file. A request is repeated if a later attempt can succeed. If DynamoDB processed only
 * some items of a batch, the unprocessed items are sent again. The AWS SDK does not retry them, because
 * BatchWriteItem returns HTTP 200.
 *
 * The wait before each attempt grows exponentially, and has a random part (decorrelated jitter). A deadline
 * or a signal ends the retries. There is no maximum number of attempts.
 *
 * The AWS SDK retries queries and single puts: see `maxAttempts` of each client.
 */

/** Shortest and longest wait before the next attempt, in milliseconds. */
interface Pauses {
  readonly initialDelay: number;
  readonly maxDelay: number;
}

/** Waits between the attempts of a flush, in milliseconds. A flush lasts about one second. */
const FLUSH_PAUSES: Pauses = { initialDelay: 20, maxDelay: 400 };
/**
 * Waits between the attempts of a job, in milliseconds. A job, such as the nightly rollup, can last minutes.
 */
const JOB_PAUSES: Pauses = { initialDelay: 50, maxDelay: 5000 };

/** Error if the service returned some items of a batch as unprocessed. */
class Unprocessed extends Error {
  override readonly name = 'UnprocessedItems';
}
const UNPROCESSED = new Unprocessed().name;

/** Error if the deadline passed before a batch was written. */
class Aborted extends Error {
  override readonly name = ABORTED;
}

/**
 * Returns the retry policy for a flush. It repeats an action after each error for which `isRepeated` returns
 * true.
 */
export function flushRetry(isRepeated: (error: Error) => boolean): RetryPolicy {
  return retry(handleWhen(isRepeated), { backoff: new ExponentialBackoff(FLUSH_PAUSES) });
}

/**
 * Sends items until `send` returns no unprocessed items. Does not repeat failed requests, because the SDK
 * repeats them.
 *
 * @param send returns the items that the service did not process
 * @throws the first error of `send`, or the reason of the signal if the signal ends the retries
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

/** Function that sends one batch, and returns the items that the service did not process. */
export type SendBatch<Item> = (batch: readonly Item[], signal: AbortSignal) => Promise<readonly Item[]>;

/** Result of writing one batch. */
export interface Outcome<Item> {
  /** Items that were not written. */
  readonly left: readonly Item[];
  /**
   * Reason why items were not written, with the name of the error. Undefined if the deadline passed before
   * any error.
   */
  readonly reason?: string;
  /** True if failures of this batch opened the circuit breaker, which stops further writes for some time. */
  readonly opened?: boolean;
}

/**
 * Function that writes one batch. Retries until the batch is written, a permanent error occurs, or the
 * deadline passes. Never rejects.
 */
export type WriteBatch<Item> = (
  batch: readonly Item[],
  deadline: Deadline,
  /** Called after each response with the items that are not written yet. */
  onLeft?: (left: readonly Item[]) => void,
) => Promise<Outcome<Item>>;

/** Settings of the circuit breaker, which stops writes to a table that is down. */
export interface BreakerSettings {
  /** Number of consecutive failed requests after which the breaker opens. */
  readonly failures: number;
  /** Milliseconds for which the breaker stays open. Then one request tests if the table works again. */
  readonly resetMs: number;
}

/** Failure reason if the table did not answer a request before the deadline. */
const NO_ANSWER = 'NoAnswer';
/**
 * Time in milliseconds after which a request without an answer counts as hung. Even the first request, with
 * credentials and a TLS handshake, takes less time on the smallest Lambda function.
 */
const HUNG_MS = 500;
/**
 * Minimum number of attempts before the table counts as throttled. In each of them, DynamoDB processed no
 * item of the batch.
 */
const THROTTLED_TRIES = 2;

/**
 * Circuit breaker that opens after a number of consecutive failures. If `opensNow` is true, the next failure
 * opens it.
 */
class TableBreaker extends ConsecutiveBreaker {
  opensNow = false;

  override failure(): boolean {
    const opens = super.failure() || this.opensNow;
    this.opensNow = false;
    return opens;
  }
}

/**
 * Returns a function that writes batches, with retries. After `failures` consecutive failures, a circuit
 * breaker stops all writes for `resetMs` milliseconds. A handler then does not wait for a table that is down.
 */
export function batchWriter<Item>(
  send: SendBatch<Item>,
  { failures, resetMs }: BreakerSettings,
): WriteBatch<Item> {
  const breaker = new TableBreaker(failures);
  // Refused content, a passed deadline and unprocessed items do not mean that the table is down. The circuit
  // breaker ignores them.
  const circuit = circuitBreaker(
    handleWhen(({ name }) => name !== CONTENT_REFUSED && name !== ABORTED && name !== UNPROCESSED),
    { halfOpenAfter: resetMs, breaker },
  );
  const policy = wrap(flushRetry(canHelpAgain), circuit);
  /** Name of the latest failure. While the breaker is open, this name is the reported reason. */
  let cause = '';
  let hasOpened = false;
  circuit.onBreak(() => (hasOpened = true));
  /**
   * Reports a failure to the circuit breaker, such as a request without an answer. If `opens` is true, the
   * breaker opens at once.
   */
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
      if (signal.aborted) throw new Aborted();
      tries += 1;
      sentAt = monotonicMs();
      try {
        // `signal` does not interrupt the SDK's search for credentials, so `isOver` rejects at the deadline.
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
    // If the process was not frozen, a missing answer counts as a failure of the table.
    if (!deadline.wasFrozen()) {
      const waitedMs = sentAt === undefined ? undefined : monotonicMs() - sentAt;
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

/** Returns true if a retry of the same batch can succeed after this error. */
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
