/** Time limit of some work. */
export interface Deadline {
  /** Aborted when the deadline has passed. */
  readonly signal: AbortSignal;
  /** Fulfilled when the deadline has passed. */
  readonly passed: Promise<void>;
  /** Stops the timer. Otherwise the process would stay alive until the deadline. */
  end(): void;
  /** True if the process was frozen, or too busy to run, when the deadline was due. */
  wasFrozen(): boolean;
}

/** Longest wait of a Node.js timer, in milliseconds. A longer wait would become 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Delay in milliseconds. A timer with a longer delay shows that the process was frozen or busy. */
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
  // The timer keeps the process alive. If a test faked the timers before the package was loaded, the real
  // wait still ends.
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

/** Wait that can be cancelled. */
export interface Wait {
  /** Fulfilled when the time has passed or the wait is cancelled. */
  readonly ended: Promise<unknown>;
  callOff(): void;
}

/** `Atomics.waitAsync`, which TypeScript declares from ES2024 on. */
const atomics = Atomics as unknown as {
  waitAsync: (
    cell: Int32Array,
    index: number,
    value: number,
    ms: number,
  ) => { readonly value: Promise<string> };
};

/**
 * Waits some milliseconds. The engine itself waits, so no test framework can fake it, before or after the
 * package is loaded. The wait does not keep the process alive.
 */
export function realWait(ms: number): Wait {
  const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { value } = atomics.waitAsync(cell, 0, 0, ms);
  return { ended: Promise.resolve(value), callOff: () => Atomics.notify(cell, 0) };
}
