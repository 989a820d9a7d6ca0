import type { Writable } from 'node:stream';
import { realWait } from './deadline';
import { shared } from './shared-state';

/** Log levels of a Lambda function at which Lambda drops INFO lines. */
const ABOVE_INFO: ReadonlySet<string> = new Set(['WARN', 'ERROR', 'FATAL']);

/**
 * Returns `level` and `timestamp` for a JSON log line if Lambda drops INFO lines. Without `level`, Lambda
 * treats a JSON line as INFO (Lambda Developer Guide, "Log-level filtering"). Returns `{}` if Lambda keeps
 * INFO lines.
 */
export function levelMark(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly level?: string;
  readonly timestamp?: string;
} {
  const level = env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? '';
  return env.AWS_LAMBDA_LOG_FORMAT === 'JSON' && ABOVE_INFO.has(level)
    ? { level, timestamp: new Date().toISOString() }
    : {};
}

/** Maximum wait for the end of a turn of the event loop, in milliseconds. */
const TURN_MS = 100;
/**
 * State that all copies of the package share. `streams` has the number of active writes of each stream, and
 * `ignore` is an error listener without effect.
 */
const writing = shared('writing', () => ({ streams: new Map<Writable, number>(), ignore: () => undefined }));

/**
 * Writes lines to standard output or standard error. Unlike `console` in Lambda, writes the text unchanged.
 * An error of the stream does not end the process.
 *
 * @returns the number of written lines, or 0 after an error. The promise never rejects
 */
export function writeLines(stream: Writable, lines: readonly string[]): Promise<number> {
  const count = lines.length;
  if (count === 0) return Promise.resolve(0);
  listen(stream);
  const written = write(stream, lines.map(line => `${line}\n`).join(''));
  const turn = endOfTurn();
  void turn.then(() => leave(stream));
  // A standard stream reports an error within one turn of the event loop. Without a report, the lines count
  // as written.
  return Promise.race([written, turn]).then(isWritten => (isWritten ? count : 0));
}

function write(stream: Writable, text: string): Promise<boolean> {
  const { ended, end } = pending();
  try {
    stream.write(text, end);
  } catch {
    return Promise.resolve(false);
  }
  return ended;
}

/**
 * Returns a callback `end` for `stream.write`, and a promise `ended`. The promise is fulfilled with true if
 * the write succeeds, otherwise with false. A callback created inside `write` would keep the written text in
 * memory.
 */
function pending(): { ended: Promise<boolean>; end: (error?: Error | null) => void } {
  let end: (error?: Error | null) => void = () => undefined;
  const ended = new Promise<boolean>(resolve => {
    end = error => resolve(!error);
  });
  return { ended, end };
}

/** Waits until the end of this turn of the event loop. If a test faked `setImmediate`, waits 100 ms. */
function endOfTurn(): Promise<true> {
  const wait = realWait(TURN_MS);
  return new Promise(resolve => {
    const end = () => {
      wait.callOff();
      resolve(true);
    };
    setImmediate(end);
    void wait.ended.then(end);
  });
}

/**
 * Adds an error listener to a stream. Without a listener, an error of a closed or full stream would end the
 * process.
 */
function listen(stream: Writable): void {
  const { streams, ignore } = writing;
  if (!streams.has(stream)) stream.on('error', ignore);
  streams.set(stream, (streams.get(stream) ?? 0) + 1);
}

function leave(stream: Writable): void {
  const { streams, ignore } = writing;
  const left = (streams.get(stream) ?? 1) - 1;
  if (left > 0) {
    streams.set(stream, left);
  } else {
    streams.delete(stream);
    stream.removeListener('error', ignore);
  }
}
