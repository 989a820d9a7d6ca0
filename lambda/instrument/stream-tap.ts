import { ignoringErrors, whenSettled } from '../process/promises';

/** Observer of a stream. It is notified of the events and of the end while a consumer reads the stream. */
export interface StreamTap {
  /**
   * Runs each call of the stream's iterator, for example in an async context. Must call `step` and return its
   * result. Default: `step` is called directly.
   */
  readonly enter?: <Result>(step: () => Result) => Result;
  /** Called each time the consumer requests the next event. */
  readonly onStart?: () => void;
  readonly onEvent?: (event: unknown) => void;
  /** Called after the last event, or after an error. Not called if the consumer stops early. */
  readonly onEnd?: (end: TapEnd) => void;
  /** Called if the consumer stops early, or if the stream is garbage-collected before its end. */
  readonly onLeft?: () => void;
}

/** Description of the end of a stream, for `onEnd`. */
export interface TapEnd {
  /** False if the stream ended with an error. */
  readonly isWhole: boolean;
  readonly error?: unknown;
  /** Value that the generator returned, if the stream is a generator. */
  readonly value?: unknown;
}

/**
 * Registry that calls `tap.onLeft` when a stream is garbage-collected. A tap must not reference its stream,
 * because this would prevent the garbage collection.
 */
const forgotten = new FinalizationRegistry<StreamTap>(tap => ignoringErrors(() => tap.onLeft?.()));

/**
 * Calls the functions of `tap` while a consumer reads a stream. The consumer uses the stream's original
 * iterator. `tap.onEvent` is called just before the consumer gets the event.
 *
 * @param stream async iterable, or a synchronous or asynchronous generator
 * @returns false if the stream is frozen and cannot be observed
 */
export function tapStream(stream: AsyncIterable<unknown>, tap: StreamTap): boolean {
  try {
    if (typeof (stream as Partial<AsyncIterator<unknown>>).next === 'function') {
      tapIterator(stream as unknown as AsyncIterator<unknown>, tap);
    } else {
      tapIterable(stream, tap);
    }
  } catch {
    return false;
  }
  if (tap.onLeft) forgotten.register(stream, tap, tap);
  return true;
}

/** Cancels the registration of a tap. The tap is then not notified when its stream is garbage-collected. */
export function untap(tap: StreamTap): void {
  forgotten.unregister(tap);
}

function tapIterable(stream: AsyncIterable<unknown>, tap: StreamTap): void {
  const iterate = stream[Symbol.asyncIterator];
  const { enter = step => step() } = tap;
  const value = function (this: unknown): AsyncIterator<unknown> {
    const iterator = enter(() => iterate.call(stream));
    try {
      tapIterator(iterator, tap);
      // Calls `onLeft` when the iterator is garbage-collected. A consumer can keep the iterator and drop the
      // stream.
      forgotten.unregister(tap);
      if (tap.onLeft) forgotten.register(iterator, tap, tap);
    } catch {
      // `tapIterator` throws if the iterator is frozen. The iterator is then not observed.
    }
    return iterator;
  };
  Object.defineProperty(stream, Symbol.asyncIterator, { value, configurable: true, writable: true });
}

function tapIterator(iterator: AsyncIterator<unknown>, tap: StreamTap): void {
  const { next, return: stop, throw: fail } = iterator;
  const { enter = step => step() } = tap;
  const ended = (error: unknown) => tap.onEnd?.({ isWhole: false, error });
  iterator.next = (...args) => {
    ignoringErrors(() => tap.onStart?.());
    let step: unknown;
    try {
      step = enter(() => next.apply(iterator, args));
    } catch (error) {
      // A synchronous generator throws the error instead of returning a rejected promise.
      ignoringErrors(() => ended(error));
      throw error;
    }
    if (tap.onEnd) whenSettled(step, { fulfilled: result => notify(result, tap), rejected: ended });
    return step as Promise<IteratorResult<unknown>>;
  };
  if (stop) {
    iterator.return = (...args) => {
      ignoringErrors(() => tap.onLeft?.());
      return enter(() => stop.apply(iterator, args));
    };
  }
  if (fail) {
    iterator.throw = (...args) => {
      ignoringErrors(() => tap.onLeft?.());
      return enter(() => fail.apply(iterator, args));
    };
  }
}

/**
 * Calls `onEvent` or `onEnd` for a result of the iterator's `next()`. If `done` or `value` cannot be read,
 * calls `onEnd` with the error.
 */
function notify(step: unknown, { onEvent, onEnd }: StreamTap): void {
  let result: IteratorResult<unknown>;
  try {
    const { done, value } = step as IteratorResult<unknown>;
    result = { done, value } as IteratorResult<unknown>;
  } catch (error) {
    onEnd?.({ isWhole: false, error });
    return;
  }
  if (result.done) onEnd?.({ isWhole: true, value: result.value });
  else onEvent?.(result.value);
}
