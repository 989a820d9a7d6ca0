/** A moment until which work may go on. */
export interface Deadline {
  /** Aborted when it has passed. */
  readonly signal: AbortSignal;
  /** Fulfilled when it has passed. */
  readonly passed: Promise<void>;
  /** Ends the waiting; without it a process would stay alive until the deadline. */
  end(): void;
}

/** The longest that a timer of Node.js waits; it takes what is longer for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A deadline so many milliseconds from now. */
export function deadlineIn(ms: number): Deadline {
  const controller = new AbortController();
  if (ms <= 0) {
    controller.abort();
    return { signal: controller.signal, passed: Promise.resolve(), end: () => undefined };
  }
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>(resolve => {
    timer = setTimeout(
      () => {
        controller.abort();
        resolve();
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  });
  return { signal: controller.signal, passed, end: () => clearTimeout(timer) };
}
