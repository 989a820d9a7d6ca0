/** Running time limit, e.g. for sending metrics. */
export interface Deadline {
  /** Signal that is aborted when the deadline has passed. */
  readonly signal: AbortSignal;
  /** Promise that is fulfilled when the deadline has passed. */
  readonly passed: Promise<void>;
  /** Stops the timer, which would keep the process alive until the deadline. */
  end(): void;
  /**
   * Returns true if the deadline passed more than half a second late, because the process was frozen or busy.
   */
  wasFrozen(): boolean;
}

/** Longest wait of a Node.js timer, in milliseconds. With a longer wait, the timer would fire after 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Minimum timer delay of a frozen or busy process, in milliseconds. */
const FROZEN_MS = 500;

/** Returns a deadline that passes after a number of milliseconds. */
export function deadlineIn(ms: number): Deadline {
  const controller = new AbortController();
  if (!(ms > 0)) {
    controller.abort();
    return {
      signal: controller.signal,
      passed: Promise.resolve(),
      end: () => undefined,
      wasFrozen: () => false,
    };
  }
  const waitMs = Math.ceil(Math.min(ms, MAX_TIMER_MS));
  const due = Date.now() + waitMs;
  let wasFrozen = false;
  // The deadline uses two timers. `setTimeout` keeps the process alive. `realWait` works even if a test has
  // replaced `setTimeout`.
  const wait = realWait(waitMs);
  let isOver = false;
  let end: () => void = () => undefined;
  const passed = new Promise<void>(resolve => {
    const pass = () => {
      if (isOver) return;
      end();
      wasFrozen = Date.now() - due > FROZEN_MS;
      controller.abort();
      resolve();
    };
    const timer = setTimeout(pass, waitMs);
    void wait.ended.then(pass);
    end = () => {
      isOver = true;
      clearTimeout(timer);
      wait.callOff();
    };
  });
  return { signal: controller.signal, passed, end: () => end(), wasFrozen: () => wasFrozen };
}

/** Wait that can be cancelled with `callOff`. */
export interface Wait {
  /** Promise that is fulfilled when the time has passed or the wait is cancelled. */
  readonly ended: Promise<unknown>;
  callOff(): void;
}

/** `Atomics` with `waitAsync`, which TypeScript declares only from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync: (
    cell: Int32Array,
    index: number,
    value: number,
    ms: number,
  ) => { readonly value: Promise<string> };
};

/**
 * Waits for a number of milliseconds. Fake timers of a test framework do not affect the wait, because
 * `Atomics.waitAsync` measures the time. The wait does not keep the process alive.
 */
export function realWait(ms: number): Wait {
  const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { value } = atomics.waitAsync(cell, 0, 0, ms);
  return { ended: Promise.resolve(value), callOff: () => Atomics.notify(cell, 0) };
}
