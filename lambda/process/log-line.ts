import type { Writable } from 'node:stream';
import { realWait } from './deadline';
import { shared } from './shared-state';

/**
 * Levels in Lambda's order; an application log level above
 * INFO leaves out what is not marked with one that high.
 */
const ABOVE_INFO: ReadonlySet<string> = new Set(['WARN', 'ERROR', 'FATAL']);

/**
 * The members that take a line through Lambda's filter: in JSON format the service leaves out lines below the
 * application log level, and takes one without a level for INFO (Lambda Developer Guide, "Log-level
 * filtering").
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

/** Time limit for one turn of the event loop. */
const TURN_MS = 100;
/** Number of calls in progress for each stream, and the listener for errors of these streams. */
const writing = shared('writing', () => ({ streams: new Map<Writable, number>(), ignore: () => undefined }));

/**
 * Writes lines to a stream of the process, as they are: `console` would put its own format around them.
 *
 * @returns how many of them the stream took; it never rejects,
 * and a stream that is closed does not end the process
 */
export function writeLines(stream: Writable, lines: readonly string[]): Promise<number> {
  const count = lines.length;
  if (count === 0) return Promise.resolve(0);
  listen(stream);
  const written = write(stream, lines.map(line => `${line}\n`).join(''));
  const turn = endOfTurn();
  void turn.then(() => leave(stream));
  // The standard streams call back within one turn of the event loop, or never.
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

/** Returns a callback and a promise of it. As a function of its own, it does not hold the text in memory. */
function pending(): { ended: Promise<boolean>; end: (error?: Error | null) => void } {
  let end: (error?: Error | null) => void = () => undefined;
  const ended = new Promise<boolean>(resolve => {
    end = error => resolve(!error);
  });
  return { ended, end };
}

/** Waits until the end of this turn of the event loop, or a little longer if a test faked `setImmediate`. */
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

/** Listens for errors: without a listener, an error of a closed or full stream ends the process. */
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
