import { ignoringErrors } from './promises';
import { shared } from './shared-state';

/** Undelivered metrics and traces. None of the methods throws or rejects. */
export interface Undelivered {
  /** Records open calls provisionally, because they get no more answers. */
  giveUp(): void;
  /** Sends the metrics and traces, and writes the rest to the log at the deadline. */
  flush(options: { readonly deadlineMs: number }): Promise<void>;
  /** Writes the metrics and traces to the log at once. */
  spill(): void;
}

const isInLambda = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/**
 * Time for the delivery after a signal that ends the process. Lambda kills the process 500 ms after the
 * signal, or 2,000 ms with an external extension.
 */
const SIGNAL_FLUSH_MS = isInLambda ? 300 : 1000;
/** Signals that end a process. Lambda never sends SIGHUP. */
const SIGNALS: readonly NodeJS.Signals[] = isInLambda
  ? ['SIGTERM', 'SIGINT']
  : ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * Undelivered metrics and traces of all copies of the package, and the process events that have a listener.
 */
const { waiting, heard: listened } = shared('end', () => ({
  waiting: new Set<Undelivered>(),
  heard: new Set<string>(),
}));
/** State after a signal: once `isSignalled` is true, metrics and traces are delivered at once. */
const end = shared('signalled to end', () => ({ isSignalled: false, isFlushing: false }));

/** Delivers metrics and traces before the process ends, unless {@link delivered} is called before. */
export function deliverAtEnd(undelivered: Undelivered): void {
  waiting.add(undelivered);
  if (end.isSignalled) flushSoon();
  listenOnce('beforeExit', event =>
    process.on(event, () => {
      giveUpAll();
      void flushAll();
    }),
  );
  listenOnce('exit', event => process.on(event, spillAll));
  // Signal listeners are added before the program's own, because some of those remove themselves when called.
  for (const signal of SIGNALS) listenOnce(signal, listenTo);
}

/** Adds a listener for a process event, unless a copy of the package has done so. */
function listenOnce<Event extends string>(event: Event, listen: (event: Event) => void): void {
  if (listened.has(event)) return;
  listened.add(event);
  // If `process` is frozen, this throws. Metrics and traces are still delivered at each flush.
  ignoringErrors(() => listen(event));
}

/** Removes an entry that has nothing left to deliver. */
export function delivered(undelivered: Undelivered): void {
  waiting.delete(undelivered);
}

/**
 * Records all open calls provisionally. An error in one entry, such as one from another version of the
 * package, does not affect the others.
 */
function giveUpAll(): void {
  for (const one of waiting) ignoringErrors(() => one.giveUp());
}

function flushAll(): Promise<unknown> {
  return Promise.allSettled([...waiting].map(async one => one.flush({ deadlineMs: SIGNAL_FLUSH_MS })));
}

/** Delivers, at the end of the current turn of the event loop, everything that was added in this turn. */
function flushSoon(): void {
  if (end.isFlushing) return;
  end.isFlushing = true;
  setImmediate(() => {
    end.isFlushing = false;
    void flushAll();
  });
}

/** Writes all undelivered metrics and traces to the log before it returns. */
export function spillAll(): void {
  giveUpAll();
  for (const one of waiting) ignoringErrors(() => one.spill());
  waiting.clear();
}

function listenTo(signal: NodeJS.Signals): void {
  if (!process.listeners(signal).includes(onSignal)) process.prependListener(signal, onSignal);
}

/**
 * Delivers after a signal. If the signal has no other listener, the process then ends as it would without
 * this package. Otherwise the other listeners decide how the process ends.
 */
function onSignal(signal: NodeJS.Signals): void {
  const isLeftToUs = process.listenerCount(signal) === 1;
  if (isLeftToUs || signal === 'SIGTERM') end.isSignalled = true;
  if (isLeftToUs) {
    void flushAll().then(() => endBy(signal));
  } else {
    stepAside(signal);
    void flushAll();
  }
}

/**
 * Removes this listener while the other listeners are called, and adds it again afterwards. Some of them,
 * such as those of `signal-exit`, end the process only if no foreign listener is present. They remove
 * themselves first, and then send the signal again. When the last of them is removed, this listener is added
 * again at once, so that the process does not end before the delivery.
 */
function stepAside(signal: NodeJS.Signals): void {
  const onRemoved = (event: string | symbol) => {
    if (event === signal && process.listenerCount(signal) === 0) listenTo(signal);
  };
  process.removeListener(signal, onSignal);
  process.on('removeListener', onRemoved);
  setImmediate(() => {
    process.removeListener('removeListener', onRemoved);
    listenTo(signal);
  });
}

/**
 * Lets a signal take its default action. The kernel protects process 1 of a container from it, so the
 * listener is added again.
 */
function endBy(signal: NodeJS.Signals): void {
  spillAll();
  process.removeListener(signal, onSignal);
  // Node.js on Windows can receive SIGHUP, but cannot send it.
  process.kill(process.pid, process.platform === 'win32' && signal === 'SIGHUP' ? 'SIGINT' : signal);
  setImmediate(() => listenTo(signal));
}
