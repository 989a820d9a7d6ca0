import { isInLambda } from './lambda-environment';
import { ignoringErrors } from './promises';
import { shared } from './shared-state';

/** Object with metrics and traces that are not delivered yet. None of its methods throws or rejects. */
export interface Undelivered {
  /** Records the calls that have no response yet as provisional, because the process ends. */
  giveUp(): void;
  /** Sends the metrics and traces for at most `deadlineMs` milliseconds. Writes unsent ones to the log. */
  flush(options: { readonly deadlineMs: number }): Promise<void>;
  /** Writes the metrics and traces to the log at once. */
  spill(): void;
}

/**
 * Time limit for sending metrics and traces after a signal, in milliseconds. In Lambda, the limit is shorter,
 * because Lambda kills the process 500 ms after the signal.
 */
const SIGNAL_FLUSH_MS = isInLambda() ? 300 : 1000;
/** Signals that end a process. Lambda never sends SIGHUP. */
const SIGNALS: readonly NodeJS.Signals[] = isInLambda()
  ? ['SIGTERM', 'SIGINT']
  : ['SIGTERM', 'SIGINT', 'SIGHUP'];

/**
 * State that all copies of the package in this process share: the objects with undelivered metrics and
 * traces, and the names of process events that have a listener.
 */
const { waiting, heard: listened } = shared('end', () => ({
  waiting: new Set<Undelivered>(),
  heard: new Set<string>(),
}));
/**
 * State after a signal such as SIGTERM. `isSignalled` means that new metrics and traces are delivered at
 * once. `isFlushing` means that a flush is scheduled.
 */
const end = shared('signalled to end', () => ({ isSignalled: false, isFlushing: false }));

/**
 * Registers an object whose metrics and traces are delivered before the process ends. {@link delivered}
 * removes the object again.
 */
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
  // `onSignal` runs before the program's own listeners. It counts them, and some of them remove themselves
  // when they run.
  for (const signal of SIGNALS) listenOnce(signal, listenTo);
}

/** Adds a listener for a process event, unless any copy of the package has already added one. */
function listenOnce<Event extends string>(event: Event, listen: (event: Event) => void): void {
  if (listened.has(event)) return;
  listened.add(event);
  // If the `process` object is frozen, adding a listener throws. Only flushes then deliver metrics and
  // traces.
  ignoringErrors(() => listen(event));
}

/** Removes an object from `waiting`, because it has nothing left to deliver. */
export function delivered(undelivered: Undelivered): void {
  waiting.delete(undelivered);
}

/**
 * Makes each object in `waiting` record its calls without a response. Ignores errors, because another version
 * of the package may have registered the object.
 */
function giveUpAll(): void {
  for (const one of waiting) ignoringErrors(() => one.giveUp());
}

function flushAll(): Promise<unknown> {
  return Promise.allSettled([...waiting].map(async one => one.flush({ deadlineMs: SIGNAL_FLUSH_MS })));
}

/** Delivers all metrics and traces at the end of the current turn of the event loop. */
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
 * Delivers metrics and traces after a signal. If this is the only listener for the signal, ends the process
 * afterwards. Otherwise, the program's own listeners decide how the process ends.
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
 * Removes this package's listener until the end of this turn of the event loop. Some packages, such as
 * `signal-exit`, end the process only if no other package has a listener.
 *
 * If the program's listeners remove themselves, adds the listener again at once. Without any listener, the
 * next signal would end the process before the delivery.
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
 * Writes undelivered metrics and traces to the log, and ends the process with the same signal. In a
 * container, the process may survive the signal, so the listener is added again.
 */
function endBy(signal: NodeJS.Signals): void {
  spillAll();
  process.removeListener(signal, onSignal);
  // Node.js on Windows can receive SIGHUP, but cannot send it. SIGINT is sent instead.
  process.kill(process.pid, process.platform === 'win32' && signal === 'SIGHUP' ? 'SIGINT' : signal);
  setImmediate(() => listenTo(signal));
}
