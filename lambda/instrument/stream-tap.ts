import { ignoringErrors, whenSettled } from '../process/promises';

/** What a tap is told of a stream that passes. */
export interface StreamTap {
  /** Runs a step of the stream. Default: as it is. */
  readonly enter?: <Result>(step: () => Result) => Result;
  /** Called before each step. */
  readonly onStart?: () => void;
  readonly onEvent?: (event: unknown) => void;
  /** The stream has come to its end, or has broken with an error. Not told where it is left before. */
  readonly onEnd?: (end: TapEnd) => void;
  /** The stream was left before its end, or is gone without having been read. */
  readonly onLeft?: () => void;
}

/** End of a stream. */
export interface TapEnd {
  /** False if the stream broke. */
  readonly isWhole: boolean;
  readonly error?: unknown;
  /** Return value of a generator. */
  readonly value?: unknown;
}

/**
 * Streams that are forgotten before they were read to their end: nothing that is kept for them may hold them.
 */
const forgotten = new FinalizationRegistry<StreamTap>(tap => ignoringErrors(() => tap.onLeft?.()));

/**
 * Listens to a stream's events as its reader asks for them: the reader gets the stream's own iterator
 * and its own promises, and pulls as before. The tap hears of an event just before the reader does.
 *
 * @param stream an async iterable, or a generator of either kind
 * @returns false where the stream cannot be listened to
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

/** Ends the listening for a stream that is forgotten. */
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
      // A reader that holds only the iterator still reads the stream.
      forgotten.unregister(tap);
      if (tap.onLeft) forgotten.register(iterator, tap, tap);
    } catch {
      // An iterator that cannot be changed is not observed.
    }
    return iterator;
  };
  Object.defineProperty(stream, Symbol.asyncIterator, { value, configurable: true, writable: true });
}

function tapIterator(iterator: AsyncIterator<unknown>, tap: StreamTap): void {
  const { next, return: leave, throw: fail } = iterator;
  const { enter = step => step() } = tap;
  const ended = (error: unknown) => tap.onEnd?.({ isWhole: false, error });
  iterator.next = (...args) => {
    ignoringErrors(() => tap.onStart?.());
    let step: unknown;
    try {
      step = enter(() => next.apply(iterator, args));
    } catch (error) {
      // A generator that is not asynchronous breaks at once.
      ignoringErrors(() => ended(error));
      throw error;
    }
    if (tap.onEnd) whenSettled(step, { fulfilled: result => heard(result, tap), rejected: ended });
    return step as Promise<IteratorResult<unknown>>;
  };
  if (leave) {
    iterator.return = (...args) => {
      ignoringErrors(() => tap.onLeft?.());
      return enter(() => leave.apply(iterator, args));
    };
  }
  if (fail) {
    iterator.throw = (...args) => {
      ignoringErrors(() => tap.onLeft?.());
      return enter(() => fail.apply(iterator, args));
    };
  }
}

/** Passes a step to the tap. A step that throws when it is read also breaks the stream for its reader. */
function heard(step: unknown, { onEvent, onEnd }: StreamTap): void {
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
