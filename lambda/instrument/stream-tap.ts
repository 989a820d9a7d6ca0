/** What a tap is told of a stream that passes. */
export interface StreamTap {
  readonly onEvent: (event: unknown) => void;
  /** The stream has come to its end, or has broken with an error. Not told where it is left before. */
  readonly onEnd: (end: { readonly error?: unknown }) => void;
  /** The stream was left before its end, or is gone without having been read. */
  readonly onLeft: () => void;
}

/**
 * Streams that are forgotten before they were read to their end: nothing that is kept for them may hold them.
 */
const forgotten = new FinalizationRegistry<StreamTap>(tap => ignoringErrors(tap.onLeft));

/**
 * Listens to a stream's events as its reader asks for them: the reader gets the stream's own iterator
 * and its own promises, and pulls as before. The tap hears of an event just before the reader does.
 *
 * @returns false where the stream cannot be listened to
 */
export function tapStream(stream: AsyncIterable<unknown>, tap: StreamTap): boolean {
  const iterate = stream[Symbol.asyncIterator];
  const tapped = function (this: unknown): AsyncIterator<unknown> {
    const iterator = iterate.call(stream);
    try {
      tapIterator(iterator, tap);
      // Whoever holds the iterator alone still reads the stream.
      forgotten.unregister(tap);
      forgotten.register(iterator, tap, tap);
    } catch {
      // An iterator that cannot be changed is read without us.
    }
    return iterator;
  };
  try {
    Object.defineProperty(stream, Symbol.asyncIterator, {
      value: tapped,
      configurable: true,
      writable: true,
    });
  } catch {
    return false;
  }
  forgotten.register(stream, tap, tap);
  return true;
}

/** Ends the listening for a stream that is forgotten. */
export function untap(tap: StreamTap): void {
  forgotten.unregister(tap);
}

function tapIterator(iterator: AsyncIterator<unknown>, tap: StreamTap): void {
  const { next, return: leave, throw: fail } = iterator;
  iterator.next = (...args) => {
    const step = next.apply(iterator, args);
    Promise.resolve(step).then(
      ({ done, value }) => ignoringErrors(() => (done ? tap.onEnd({}) : tap.onEvent(value))),
      (error: unknown) => ignoringErrors(() => tap.onEnd({ error })),
    );
    return step;
  };
  if (leave) {
    iterator.return = (...args) => {
      ignoringErrors(tap.onLeft);
      return leave.apply(iterator, args);
    };
  }
  if (fail) {
    iterator.throw = (...args) => {
      ignoringErrors(tap.onLeft);
      return fail.apply(iterator, args);
    };
  }
}

/** What goes wrong with us must not reach the reader. */
function ignoringErrors(action: () => void): void {
  try {
    action();
  } catch {
    // The reader's events matter more than our count of them.
  }
}
