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

/**
 * What a signal that ends the process leaves for delivering; Lambda
 * ends it 500 ms after, or 2,000 with an external extension.
 */
const SIGNAL_FLUSH_MS = process.env.AWS_LAMBDA_FUNCTION_NAME ? 300 : 1000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Undelivered data of all copies of the package, and the process events that one of the copies listens to. */
const { waiting, heard } = shared('end', () => ({
  waiting: new Set<Undelivered>(),
  heard: new Set<string>(),
}));

/** Has something delivered before the process ends, unless {@link delivered} is said of it before. */
export function deliverAtEnd(undelivered: Undelivered): void {
  waiting.add(undelivered);
  listenOnce('beforeExit', event =>
    process.on(event, () => {
      for (const one of waiting) one.giveUp();
      void flushAll();
    }),
  );
  listenOnce('exit', event => process.on(event, spillAll));
  // Before the program's own listeners, of which some go away as they are called.
  for (const signal of SIGNALS) listenOnce(signal, event => process.prependListener(event, onSignal));
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

function flushAll(): Promise<unknown> {
  return Promise.all([...waiting].map(undelivered => undelivered.flush({ deadlineMs: SIGNAL_FLUSH_MS })));
}

/** Puts on the log at once all that is not delivered: what there is to do when nothing else can be. */
export function spillAll(): void {
  for (const undelivered of waiting) {
    undelivered.giveUp();
    undelivered.spill();
  }
  waiting.clear();
}

/**
 * Delivers, and then lets the signal do what it does without
 * us: nothing where the program listens to it, too.
 */
function onSignal(signal: NodeJS.Signals): void {
  const isLeftToUs = process.listenerCount(signal) === 1;
  void flushAll().then(() => {
    if (!isLeftToUs) return;
    spillAll();
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  });
}
