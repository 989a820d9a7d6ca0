import { Agent, type AgentOptions, type ClientRequest } from 'node:http';
import timers from 'node:timers/promises';

/** Number of open requests that never get a response, or a function that returns the current number. */
export type Unanswered = number | (() => number);

/** Clock that stands still until a test advances it. */
export interface HeldClock {
  /**
   * Advances the clock by `ms`, from one timer to the next. Before each step, waits until at most
   * `unanswered` HTTP requests are open.
   */
  advance(ms: number, options?: { readonly unanswered?: Unanswered }): Promise<void>;
  /**
   * Advances the clock by `ms`, and returns the result of the action. Fails if the action does not end at
   * exactly this time.
   */
  expectEndAfter<Result>(
    ms: number,
    action: Promise<Result>,
    options?: { readonly unanswered?: number },
  ): Promise<Result>;
  /**
   * Runs an action to its end. Skips waits of up to half a second, e.g. between retries. Does not skip longer
   * waits, e.g. until a timeout.
   */
  pass<Result>(action: () => Promise<Result> | Result): Promise<Result>;
  /** Restores the real clock and timers. */
  release(): void;
}

/** Functions that Jest does not replace, because network connections need them. */
const REAL = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const;
/**
 * Milliseconds in a minute. The clock starts at the beginning of the current minute, so that no minute ends
 * during a test. The date is real, because the AWS SDK compares it with the date in responses.
 */
const MINUTE_MS = 60_000;
/** Longest wait that `pass` skips, in milliseconds. The trace writer waits up to 400 ms before a retry. */
const MAX_PAUSE_MS = 500;
/**
 * Number of event loop turns. A process without open requests is idle after these turns. The AWS SDK needs
 * only two turns between a response and its next request.
 */
const TURNS = 20;

/**
 * Number of event loop turns. After them, `until` waits 1 ms before each check, so that other processes can
 * work.
 */
const EAGER_TURNS = 1000;
const { setTimeout: nap } = globalThis;

/** HTTP/1.1 requests of this process that are not finished. */
const open = new Set<ClientRequest>();
/**
 * Prototype of HTTP agents, typed with `addRequest`. Node.js calls this method for every request, but its
 * types do not declare it.
 */
const agent = Agent.prototype as unknown as {
  addRequest(request: ClientRequest, ...others: readonly AgentOptions[]): void;
};
const { addRequest } = agent;
/**
 * Object that identifies the running test. When the test ends, `until` throws an error instead of waiting
 * forever.
 */
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
 * Stops the clock until the test advances it. This affects `Date`, timers, `node:timers/promises`,
 * `AbortSignal.timeout()` and `Atomics.waitAsync()`.
 */
export function holdClock(): HeldClock {
  jest.useFakeTimers({ doNotFake: [...REAL], now: Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS });
  const due = watchTimers();
  const [{ setTimeout: pause }, { timeout }, { waitAsync, notify }] = [timers, AbortSignal, atomics];
  Object.assign(timers, { setTimeout: heldPause });
  Object.assign(AbortSignal, { timeout: heldTimeout });
  Object.assign(Atomics, heldAtomics(notify));
  /** Advances the clock to the next timer. Returns false if the next timer is due after `latest`. */
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

/** Returns the due time of each open timer. Jest's fake timers do not provide these times. */
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
 * Replaces `setTimeout` of `node:timers/promises`, because Jest's fake timers do not. The promise is
 * fulfilled when the stopped clock has advanced by `ms`.
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

/** Replaces `AbortSignal.timeout`. The signal aborts when the stopped clock has advanced by `ms`. */
function heldTimeout(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('The deadline has passed.', 'TimeoutError')), ms);
  return controller.signal;
}

/** `Atomics` with the type of `waitAsync`. TypeScript declares this function only from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync(cell: Int32Array, index: number, value: number, ms: number): { readonly value: Promise<string> };
  notify(cell: Int32Array, index: number): number;
};

/**
 * Creates replacements of `Atomics.waitAsync` and `Atomics.notify`. They measure timeouts with the stopped
 * clock.
 */
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
 * Waits until a condition is true, without a time limit. Checks the condition in every turn of the event
 * loop.
 *
 * @throws if the test ends before the condition is true
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

/** Observes a promise. The returned function returns true if the promise is fulfilled or rejected. */
export function isSettled(promise: Promise<unknown>): () => boolean {
  let settledNow = false;
  const note = () => {
    settledNow = true;
  };
  promise.then(note, note);
  return () => settledNow;
}

/** Waits for 20 turns of the event loop, so that promises without timers or requests can settle. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise(resolve => setImmediate(resolve));
}

/**
 * Waits until this process has no open HTTP/1.1 requests, and has processed all responses.
 *
 * @param unanswered number of open requests that never get a response
 */
export async function settled(unanswered: Unanswered = 0): Promise<void> {
  let quiet = 0;
  await until(() => {
    const left = typeof unanswered === 'number' ? unanswered : unanswered();
    quiet = open.size > left ? 0 : quiet + 1;
    return quiet > TURNS;
  });
}
