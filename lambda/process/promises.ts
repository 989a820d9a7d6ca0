import { AsyncResource } from 'node:async_hooks';
import { types } from 'node:util';

/** Functions called when a promise settles. Their errors are ignored. */
export interface Settled {
  readonly fulfilled: (value: unknown) => void;
  readonly rejected?: (error: unknown) => void;
}

/** Scope of work that starts when its promise is awaited. */
export interface LazyWork {
  /** Starts the work in its scope. Default: starts it without a scope. */
  readonly enter?: <Result>(step: () => Result) => Result;
  /** Called before the work starts. */
  readonly starts?: () => void;
}

/** Returns true if a value has a `then` method. It never throws. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    ignoringErrors(() => typeof (value as PromiseLike<unknown> | undefined)?.then === 'function') ?? false
  );
}

/**
 * Returns true for a native promise. Its `then` only listens. The `then` of another thenable, such as a query
 * builder, can start the work, so only the caller may call it.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) &&
    // Another realm, such as a Jest test, has its own `Promise`.
    ignoringErrors(() => value.then === Promise.prototype.then || value.constructor.name === 'Promise') ===
      true
  );
}

/** Observes when a function's result settles. It never calls the `then` of a lazy thenable itself. */
export function whenSettled(value: unknown, { fulfilled, rejected }: Settled, work: LazyWork = {}): void {
  const onFulfilled = (result: unknown) => void ignoringErrors(() => fulfilled(result));
  const onRejected = (error: unknown) => void ignoringErrors(() => rejected?.(error));
  if (isPlainPromise(value)) {
    void value.then(onFulfilled, onRejected);
  } else if (!isPromise(value)) {
    onFulfilled(value);
  }
  // An object that cannot be changed cannot be observed.
  else if (!ignoringErrors(() => listenToThen(value, { onFulfilled, onRejected }, work))) {
    onFulfilled(undefined);
  }
}

/** Starts the work of a thenable, and returns a promise that settles as the thenable does. */
export function begun(value: unknown): unknown {
  return isPromise(value) && !isPlainPromise(value)
    ? new Promise((resolve, reject) => void value.then(resolve, reject))
    : value;
}

/** Runs an internal action. Its errors do not reach the caller. */
export function ignoringErrors<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

interface Listener {
  readonly onFulfilled: (value: unknown) => void;
  readonly onRejected: (error: unknown) => void;
}

/** Replaces `then` by one that calls the listener just before the caller's functions. */
function listenToThen(
  thenable: PromiseLike<unknown>,
  { onFulfilled, onRejected }: Listener,
  { enter = step => step(), starts }: LazyWork,
): boolean {
  const { then } = thenable;
  const value = function (this: unknown, ...given: unknown[]): unknown {
    // The caller's functions run in the caller's context, not in that of the work.
    const resumed = (listen: (value: unknown) => void, go: unknown, or: (value: unknown) => unknown) =>
      AsyncResource.bind((settled: unknown): unknown => {
        listen(settled);
        return typeof go === 'function' ? go(settled) : or(settled);
      });
    ignoringErrors(() => starts?.());
    const [fulfil, reject, ...others] = given;
    const callbacks = [
      resumed(onFulfilled, fulfil, result => result),
      resumed(onRejected, reject, error => {
        throw error;
      }),
    ];
    return enter(() => Reflect.apply(then, this, [...callbacks, ...others]));
  };
  return Reflect.defineProperty(thenable, 'then', { value, configurable: true, writable: true });
}

/**
 * Runs a function for each item, at most `atOnce` at the same time.
 *
 * @throws the first error. After it, no item is started, and running ones are awaited first
 */
export async function forEachConcurrent<Item>(
  items: Iterable<Item>,
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const remaining = items[Symbol.iterator]();
  const failures: unknown[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = remaining.next(); !next.done && failures.length === 0; next = remaining.next()) {
        await run(next.value).catch((error: unknown) => failures.push(error));
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}
