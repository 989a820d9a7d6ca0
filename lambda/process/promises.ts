import { AsyncResource } from 'node:async_hooks';
import { types } from 'node:util';

/** Functions that are called when a promise settles. Errors in these functions are ignored. */
export interface Settled {
  readonly fulfilled: (value: unknown) => void;
  readonly rejected?: (error: unknown) => void;
}

/** Settings for a lazy object, such as a query builder. Its work starts when `then` is called. */
export interface LazyWork {
  /**
   * Starts the work by calling `step`, and returns the result of `step`. It can call `step` in another async
   * context. Default: `step` is called directly.
   */
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
 * Returns true for a native promise. Calling its `then` method has no side effect. Returns false for all
 * other values, e.g. for a query builder.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return (
    types.isPromise(value) &&
    // A promise from another JavaScript realm, e.g. from a Jest test, has another class. Its class is also
    // called `Promise`.
    ignoringErrors(() => value.then === Promise.prototype.then || value.constructor.name === 'Promise') ===
      true
  );
}

/**
 * Calls `fulfilled` or `rejected` when a promise settles. If `value` is not a promise, calls `fulfilled` at
 * once. If `value` is a lazy object, such as a query builder, waits until the caller calls `then`.
 */
export function whenSettled(value: unknown, { fulfilled, rejected }: Settled, work: LazyWork = {}): void {
  const onFulfilled = (result: unknown) => void ignoringErrors(() => fulfilled(result));
  const onRejected = (error: unknown) => void ignoringErrors(() => rejected?.(error));
  if (isPlainPromise(value)) {
    void value.then(onFulfilled, onRejected);
  } else if (!isPromise(value)) {
    onFulfilled(value);
  }
  // If the `then` method cannot be replaced, `fulfilled` is called at once, without the result.
  else if (!ignoringErrors(() => listenToThen(value, { onFulfilled, onRejected }, work))) {
    onFulfilled(undefined);
  }
}

/**
 * Starts the work of a lazy object, such as a query builder, by calling `then`. Returns a promise with the
 * result. Returns native promises and other values unchanged.
 */
export function begun(value: unknown): unknown {
  return isPromise(value) && !isPlainPromise(value)
    ? new Promise((resolve, reject) => void value.then(resolve, reject))
    : value;
}

/** Runs an action. Returns undefined if the action throws. */
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

/**
 * Replaces the `then` method of an object. The new method calls `onFulfilled` or `onRejected` before the
 * caller's own functions. Returns false if the object cannot be changed.
 */
function listenToThen(
  thenable: PromiseLike<unknown>,
  { onFulfilled, onRejected }: Listener,
  { enter = step => step(), starts }: LazyWork,
): boolean {
  const { then } = thenable;
  const value = function (this: unknown, ...given: unknown[]): unknown {
    // `enter` can run `then` in another async context. `AsyncResource.bind` runs the caller's functions in
    // the caller's context.
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
 * Calls `run` for each item, with at most `atOnce` calls at the same time.
 *
 * @throws the first error of a call. After an error, starts no further call, and waits for the active calls
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
