import { Agent, type AgentOptions, type ClientRequest } from 'node:http';
import timers from 'node:timers/promises';

/** Number of requests that a server leaves unanswered, or a function that returns it. */
export type Unanswered = number | (() => number);

/** Clock that moves only when the test moves it. */
export interface HeldClock {
  /**
   * Moves the clock from timer to timer. Before each move, waits until all HTTP requests are answered, except
   * for those that the server leaves unanswered.
   */
  advance(ms: number, options?: { readonly unanswered?: Unanswered }): Promise<void>;
  /** Asserts that an action ends after exactly `ms` milliseconds. */
  expectEndAfter<Result>(
    ms: number,
    action: Promise<Result>,
    options?: { readonly unanswered?: number },
  ): Promise<Result>;
  /**
   * Runs an action to its end. Timers of up to half a second, such as pauses between retries, fire at once.
   * Longer timers, such as deadlines, do not fire.
   */
  pass<Result>(action: () => Promise<Result> | Result): Promise<Result>;
  /** Restores the real clock. */
  release(): void;
}

/** Functions that are not replaced, because sockets need them. */
const REAL = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'hrtime'] as const;
/**
 * The clock starts at the beginning of the current minute, so that a minute never ends during a test by
 * chance. A fixed date is not possible, because the AWS SDK retries refused requests if its clock differs
 * from the `Date` header of responses by five minutes.
 */
const MINUTE_MS = 60_000;
/** Maximum length of pauses between retries. Those of the trace writer take up to 400 ms. */
const MAX_PAUSE_MS = 500;
/**
 * Turns of the event loop until all work without timers and sockets is done. The AWS SDK takes two turns from
 * the last byte of a response to the next request.
 */
const TURNS = 20;

/** Turns after which a wait sleeps between turns, to leave the processor to other processes. */
const EAGER_TURNS = 1000;
const { setTimeout: nap } = globalThis;

/** Open requests of the HTTP/1.1 clients in this process. */
const open = new Set<ClientRequest>();
/** Method that is called for every request before it gets a socket. Missing in the types of Node.js. */
const agent = Agent.prototype as unknown as {
  addRequest(request: ClientRequest, ...others: readonly AgentOptions[]): void;
};
const { addRequest } = agent;
/** Current test. A wait ends with its test, because its loop would keep the process running. */
let currentTest: object | undefined;

beforeAll(() => {
  agent.addRequest = function (request, ...others) {
    open.add(request);
    request.once('close', () => open.delete(request));
    addRequest.call(this, request, ...others);
  };
});
beforeEach(() => {
  currentTest = {};
});
afterEach(() => {
  currentTest = undefined;
});
afterAll(() => {
  agent.addRequest = addRequest;
});

/**
 * Replaces the clock by one that only the test moves. Affects `Date`, timers, `node:timers/promises`,
 * `AbortSignal.timeout()` and `Atomics.waitAsync()`.
 */
export function holdClock(): HeldClock {
  jest.useFakeTimers({ doNotFake: [...REAL], now: Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS });
  const due = watchTimers();
  const [{ setTimeout: pause }, { timeout }, { waitAsync, notify }] = [timers, AbortSignal, atomics];
  Object.assign(timers, { setTimeout: heldPause });
  Object.assign(AbortSignal, { timeout: heldTimeout });
  Object.assign(Atomics, heldAtomics(notify));
  /** Moves the clock to the next timer. Returns false if no timer is due until `latest`. */
  const step = (latest: number): boolean => {
    const first = Math.min(...due.values());
    if (first > latest) return false;
    jest.advanceTimersByTime(Math.max(0, first - Date.now()));
    return true;
  };
  const advance: HeldClock['advance'] = async (ms, { unanswered = 0 } = {}) => {
    const end = Date.now() + ms;
    await settled(unanswered);
    while (step(end)) await settled(unanswered);
    jest.advanceTimersByTime(end - Date.now());
    await settled(unanswered);
  };
  return {
    advance,
    expectEndAfter: async (ms, action, options) => {
      const isOver = isSettled(action);
      await advance(ms - 1, options);
      expect(isOver()).toBe(false);
      await advance(1, options);
      return action;
    },
    pass: async action => {
      let isOver = false;
      const result = Promise.resolve(action()).finally(() => (isOver = true));
      result.catch(() => undefined);
      await until(() => isOver || (step(Date.now() + MAX_PAUSE_MS), false));
      return result;
    },
    release: () => {
      jest.useRealTimers();
      Object.assign(timers, { setTimeout: pause });
      Object.assign(AbortSignal, { timeout });
      Object.assign(Atomics, { waitAsync, notify });
    },
  };
}

/** Records the due time of each timer, because Jest does not expose it. */
function watchTimers(): ReadonlyMap<number, number> {
  const due = new Map<number, number>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const watched = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const timer = set(() => {
      due.delete(Number(timer));
      callback(...args);
    }, ms);
    due.set(Number(timer), Date.now() + Math.max(1, Math.floor(ms)));
    return timer;
  };
  globalThis.setTimeout = watched as typeof setTimeout;
  globalThis.clearTimeout = timer => {
    due.delete(Number(timer));
    clear(timer);
  };
  return due;
}

/** Pauses on the held clock. Needed because Jest replaces only global timers. */
function heldPause<Value>(
  ms: number,
  value: Value,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(value), ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Creates a signal that is aborted when the held clock reaches the timeout. */
function heldTimeout(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('The deadline has passed.', 'TimeoutError')), ms);
  return controller.signal;
}

/** Type of `Atomics` with `waitAsync`, which TypeScript has only from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync(cell: Int32Array, index: number, value: number, ms: number): { readonly value: Promise<string> };
  notify(cell: Int32Array, index: number): number;
};

/** Creates `waitAsync` with timeouts on the held clock. */
function heldAtomics(notify: typeof atomics.notify): typeof atomics {
  const waits = new Map<Int32Array, () => void>();
  return {
    waitAsync: (cell, _index, _value, ms) => ({
      value: new Promise(resolve => {
        const timer = setTimeout(() => resolve('timed-out'), ms);
        waits.set(cell, () => {
          clearTimeout(timer);
          resolve('ok');
        });
      }),
    }),
    notify: (cell, index) => {
      const end = waits.get(cell);
      waits.delete(cell);
      end?.();
      return end ? 1 : notify(cell, index);
    },
  };
}

/**
 * Runs the event loop until a condition holds. Only Jest limits the time.
 *
 * @throws if the test ends before the condition holds
 */
export async function until(condition: () => boolean): Promise<void> {
  const own = currentTest;
  for (let turn = 0; !condition(); turn += 1) {
    if (own === undefined || own !== currentTest) {
      throw new Error('The test ended before its condition held.');
    }
    await new Promise<void>(resolve => {
      if (turn < EAGER_TURNS) setImmediate(resolve);
      else nap(resolve, 1);
    });
  }
}

/** Returns a function that returns true once a promise is settled. */
export function isSettled(promise: Promise<unknown>): () => boolean {
  let settledNow = false;
  const note = () => {
    settledNow = true;
  };
  promise.then(note, note);
  return () => settledNow;
}

/** Runs the event loop until all work without timers and sockets is done. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

/**
 * Waits until all HTTP/1.1 requests of this process are answered and their responses are processed.
 *
 * @param unanswered number of requests that a server leaves unanswered
 */
export async function settled(unanswered: Unanswered = 0): Promise<void> {
  let quiet = 0;
  await until(() => {
    const left = typeof unanswered === 'number' ? unanswered : unanswered();
    quiet = open.size > left ? 0 : quiet + 1;
    return quiet > TURNS;
  });
}
