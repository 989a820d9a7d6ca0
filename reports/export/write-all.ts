import type { Writable } from 'node:stream';

/** Writes to a stream that is somebody else's, as fast as it takes it. */
export interface StreamWriter {
  /** Bytes that were handed to the stream. */
  readonly bytes: number;
  /**
   * Hands a chunk over, and waits while the stream has more than it wants to hold.
   *
   * @throws Error where the stream failed, was closed or has ended; the signal's reason where it is aborted
   */
  write(chunk: string | Uint8Array): Promise<void>;
  /**
   * Waits until the stream has written all that it was handed, and leaves it open.
   *
   * @throws Error as `write` does
   */
  finish(): Promise<void>;
  /** Lets go of the stream. */
  release(): void;
}

const ignore = () => undefined;

/**
 * Begins to write to a stream. It is neither ended nor
 * destroyed, whatever happens: it may be the standard output.
 */
export function writerTo(stream: Writable, signal?: AbortSignal): StreamWriter {
  let failure: { readonly error: unknown } | undefined;
  let [bytes, pending] = [0, 0];
  let wake = ignore as () => void;
  const changed = () =>
    new Promise<void>(resolve => {
      wake = resolve;
    });
  const fail = (error: unknown) => {
    failure ??= { error };
    wake();
  };
  const onError = (error: Error) => fail(unwritten(error.message, error));
  const onClose = () => fail(unwritten('the stream was closed before its end'));
  const onAbort = () => fail(signal?.reason);
  const onDrain = () => wake();
  const check = () => {
    if (signal?.aborted) throw signal.reason;
    if (failure) throw failure.error;
    // A stream tells that it was closed a little later than it is.
    if (stream.errored) throw unwritten(stream.errored.message, stream.errored);
    if (stream.destroyed) throw unwritten('the stream was closed before its end');
    if (stream.writableEnded) throw unwritten('the stream has ended already');
  };
  stream.on('error', onError).on('close', onClose).on('drain', onDrain);
  signal?.addEventListener('abort', onAbort);

  return {
    get bytes() {
      return bytes;
    },
    write: async chunk => {
      check();
      if (chunk.length === 0) return;
      const encoded = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      bytes += encoded.length;
      pending += 1;
      stream.write(encoded, error => {
        pending -= 1;
        if (error) onError(error);
        else wake();
      });
      while (stream.writableNeedDrain) {
        await changed();
        check();
      }
    },
    finish: async () => {
      check();
      while (pending > 0) {
        await changed();
        check();
      }
    },
    release: () => {
      signal?.removeEventListener('abort', onAbort);
      stream.off('close', onClose).off('drain', onDrain).off('error', onError);
      // A stream that failed may tell it later, or once more,
      // and what nobody listens to would end the process.
      if (failure || stream.errored) stream.on('error', ignore);
    },
  };
}

function unwritten(why: string, cause?: Error): Error {
  return new Error(`what was exported could not be written: ${why}`, { cause });
}
