import { realWait } from './real-wait';

/** A moment until which work may go on. */
export interface Deadline {
  /** Aborted when it has passed. */
  readonly signal: AbortSignal;
  /** Fulfilled when it has passed. */
  readonly passed: Promise<void>;
  /** Ends the waiting; without it a process would stay alive until the deadline. */
  end(): void;
  /** True if the process was frozen, or too busy to run, when the deadline was due. */
  wasFrozen(): boolean;
}

/** The longest that a timer of Node.js waits; it takes what is longer for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A timer that fires this much late shows that the process did not run. */
const FROZEN_MS = 500;

/** A deadline so many milliseconds from now. */
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
  // The timer keeps the process alive. The wait still ends if a test faked the timers before the package was
  // loaded.
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
