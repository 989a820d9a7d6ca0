import type { Writable } from 'node:stream';

/**
 * Writer of an export to a stream. If the buffer of the stream is full, the writer waits. The writer never
 * ends the stream.
 */
export interface StreamWriter {
  /** Number of bytes passed to the stream. */
  readonly bytes: number;
  /**
   * Writes a chunk to the stream. If the stream is full, waits until it has space again.
   *
   * @throws Error if the stream has failed, was closed or has ended
   * @throws the abort reason if the signal is aborted
   */
  write(chunk: string | Uint8Array): Promise<void>;
  /**
   * Waits until the stream has written all chunks. The stream stays open.
   *
   * @throws Error for the same reasons as `write`
   */
  finish(): Promise<void>;
  /** Removes the listeners of this writer from the stream. */
  release(): void;
}

const ignore = () => undefined;

/**
 * Creates a writer of chunks to a stream, such as standard output. The writer never ends or destroys the
 * stream.
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
    // If the stream has failed, its `error` event can still be pending. `failure` is then undefined.
    if (stream.errored) throw unwritten(stream.errored.message, stream.errored);
    if (stream.destroyed) throw unwritten('the stream was closed before its end');
    if (stream.writableEnded) throw unwritten('the stream has already ended');
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
      // If the stream has failed, it can emit more `error` events. Without a listener, such an event ends the
      // process.
      if (failure || stream.errored) stream.on('error', ignore);
    },
  };
}

function unwritten(why: string, cause?: Error): Error {
  return new Error(`the export could not be written: ${why}`, { cause });
}
