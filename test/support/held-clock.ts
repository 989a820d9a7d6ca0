import { Agent, type AgentOptions, type ClientRequest } from 'node:http';
import timers from 'node:timers/promises';

/** Number of requests that a server never answers, or a function that returns the number. */
export type Unanswered = number | (() => number);

/** Clock that only a test moves. */
export interface HeldClock {
  /**
   * Moves the clock from timer to timer. Before each move, waits until all HTTP requests are answered, except
   * for `unanswered` requests.
   */
  advance(ms: number, options?: { readonly unanswered?: Unanswered }): Promise<void>;
  /** Asserts that an action ends after exactly `ms` milliseconds. */
  expectEndAfter<Result>(
    ms: number,
    action: Promise<Result>,
    options?: { readonly unanswered?: number },
  ): Promise<Result>;
  /**
   * Runs an action to its end. Timers up to half a second fire at once, for example pauses between retries.
   * Longer timers do not fire, for example deadlines.
   */
  pass<Result>(action: () => Promise<Result> | Result): Promise<Result>;
  /** Restores the real clock. */
  release(): void;
}

/** Functions that stay real, because sockets need them. */
const REAL = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
/**
 * Length of a minute in milliseconds. The clock starts at the beginning of the current minute, so that no
 * minute ends in the middle of a test. A fixed date is not possible. The AWS SDK retries refused requests if
 * the clock is five minutes off the `Date` header of the response.
 */
const MINUTE_MS = 60_000;
/**
 * Maximum length of pauses between retries, in milliseconds. Pauses of the trace writer take up to 400 ms.
 */
const MAX_PAUSE_MS = 500;
/**
 * Number of event loop turns without open requests after which all work is done. Timers and sockets do not
 * count as work. The AWS SDK takes two turns between the last byte of a response and the next request.
 */
const TURNS = 20;

/** After this many turns, a wait sleeps between turns, so that other processes can use the processor. */
const EAGER_TURNS = 1000;
const { setTimeout: nap } = globalThis;

/** Open requests of HTTP/1.1 clients in this process. */
const open = new Set<ClientRequest>();
/**
 * Gives access to a method that Node.js calls for every request before the request gets a socket. The types
 * of Node.js lack the method.
 */
const agent = Agent.prototype as unknown as {
  addRequest(request: ClientRequest, ...others: readonly AgentOptions[]): void;
};
const { addRequest } = agent;
/** Current test. A wait stops when its test ends. Otherwise its loop would keep the process alive. */
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
 * Replaces the clock by a clock that only the test moves. Replaced are `Date`, timers,
 * `node:timers/promises`, `AbortSignal.timeout()` and `Atomics.waitAsync()`.
 */
export function holdClock(): HeldClock {
  jest.useFakeTimers({ doNotFake: [...REAL], now: Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS });
  const due = watchTimers();
  const [{ setTimeout: pause }, { timeout }, { waitAsync, notify }] = [timers, AbortSignal, atomics];
  Object.assign(timers, { setTimeout: heldPause });
  Object.assign(AbortSignal, { timeout: heldTimeout });
  Object.assign(Atomics, heldAtomics(notify));
  /** Moves the clock to the next timer. Returns false if no timer is due by `latest`. */
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

/** Records when each timer is due, because Jest does not show this time. */
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

/**
 * Pauses on the held clock. Jest only replaces global timers, so `node:timers/promises` needs this function.
 */
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

/** Creates a signal that aborts when the held clock has advanced by `ms`. */
function heldTimeout(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('The deadline has passed.', 'TimeoutError')), ms);
  return controller.signal;
}

/** `Atomics` with `waitAsync`. TypeScript declares it only from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync(cell: Int32Array, index: number, value: number, ms: number): { readonly value: Promise<string> };
  notify(cell: Int32Array, index: number): number;
};

/** Creates a `waitAsync` whose timeouts follow the held clock. */
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
 * Runs the event loop until a condition is true. Only Jest limits the time.
 *
 * @throws if the test ends first
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

/** Runs the event loop until all work is done, except for timers and sockets. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

/**
 * Waits until all HTTP/1.1 requests of this process are answered, and the responses are processed.
 *
 * @param unanswered number of requests that never get a response
 */
export async function settled(unanswered: Unanswered = 0): Promise<void> {
  let quiet = 0;
  await until(() => {
    const left = typeof unanswered === 'number' ? unanswered : unanswered();
    quiet = open.size > left ? 0 : quiet + 1;
    return quiet > TURNS;
  });
}
