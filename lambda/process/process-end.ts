import { ignoringErrors } from './promises';
import { shared } from './shared-state';

/** Something that has not been delivered yet. None of it throws or rejects. */
export interface Undelivered {
  /** Nothing more comes: what is only begun is closed. */
  giveUp(): void;
  /** Delivers it, and puts on the log what cannot be delivered in time. */
  flush(options: { readonly deadlineMs: number }): Promise<void>;
  /** Puts it on the log at once. */
  spill(): void;
}

const isInLambda = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
/**
 * Time for delivering after a signal that ends the process. Lambda
 * ends it 500 ms after, or 2,000 with an external extension.
 */
const SIGNAL_FLUSH_MS = isInLambda ? 300 : 1000;
/** Signals that end a process. Lambda never sends SIGHUP. */
const SIGNALS: readonly NodeJS.Signals[] = isInLambda
  ? ['SIGTERM', 'SIGINT']
  : ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Undelivered data of all copies of the package, and the process events to which one of them listens. */
const { waiting, heard } = shared('end', () => ({
  waiting: new Set<Undelivered>(),
  heard: new Set<string>(),
}));
/** True as soon as the process was told to end: nothing waits for a later moment any more. */
const end = shared('told to end', () => ({ isTold: false, isFlushing: false }));

/** Has something delivered before the process ends, unless {@link delivered} is said of it before. */
export function deliverAtEnd(undelivered: Undelivered): void {
  waiting.add(undelivered);
  if (end.isTold) flushSoon();
  listenOnce('beforeExit', event =>
    process.on(event, () => {
      giveUpAll();
      void flushAll();
    }),
  );
  listenOnce('exit', event => process.on(event, spillAll));
  // Before the program's own listeners, of which some go away as they are called.
  for (const signal of SIGNALS) listenOnce(signal, listenTo);
}

/** Adds a listener for a process event, unless a copy of the package has done so. */
function listenOnce<Event extends string>(event: Event, listen: (event: Event) => void): void {
  if (heard.has(event)) return;
  heard.add(event);
  listen(event);
}

/** Nothing waits there any more. */
export function delivered(undelivered: Undelivered): void {
  waiting.delete(undelivered);
}

/** One that fails, of another version of the package, must not keep the others from being delivered. */
function giveUpAll(): void {
  for (const one of waiting) ignoringErrors(() => one.giveUp());
}

function flushAll(): Promise<unknown> {
  return Promise.allSettled([...waiting].map(async one => one.flush({ deadlineMs: SIGNAL_FLUSH_MS })));
}

/** Delivers everything that the current turn of the event loop adds. */
function flushSoon(): void {
  if (end.isFlushing) return;
  end.isFlushing = true;
  setImmediate(() => {
    end.isFlushing = false;
    void flushAll();
  });
}

/** Puts on the log at once all that is not delivered: what there is to do when nothing else can be. */
export function spillAll(): void {
  giveUpAll();
  for (const one of waiting) ignoringErrors(() => one.spill());
  waiting.clear();
}

function listenTo(signal: NodeJS.Signals): void {
  if (!process.listeners(signal).includes(onSignal)) process.prependListener(signal, onSignal);
}

/**
 * Delivers after a signal. If no other listener hears the signal, it then ends the process as it would
 * without this package. Otherwise the other listeners decide whether and how the process ends.
 */
function onSignal(signal: NodeJS.Signals): void {
  const isLeftToUs = process.listenerCount(signal) === 1;
  if (isLeftToUs || signal === 'SIGTERM') end.isTold = true;
  if (isLeftToUs) {
    void flushAll().then(() => endBy(signal));
  } else {
    stepAside(signal);
    void flushAll();
  }
}

/**
 * Takes the listener away while the other listeners are called. Some of them, such as those of `signal-exit`,
 * end the process only if no listener is left but their own, so they must count as they would without this
 * package. They go away before they send the signal again, and it must not end the process before everything
 * is delivered: once no listener is left, this one is back.
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
 * Lets a signal take its default action. Process 1 of a container
 * survives that, because the kernel protects it: the listener is back then.
 */
function endBy(signal: NodeJS.Signals): void {
  spillAll();
  process.removeListener(signal, onSignal);
  // Windows can be told of SIGHUP, but cannot send it.
  process.kill(process.pid, process.platform === 'win32' && signal === 'SIGHUP' ? 'SIGINT' : signal);
  setImmediate(() => listenTo(signal));
}
