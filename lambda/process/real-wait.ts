/** Wait that can be cancelled. */
export interface Wait {
  /** Fulfilled when the time has passed or the wait is cancelled. */
  readonly ended: Promise<unknown>;
  callOff(): void;
}

/** TypeScript declares it from ES2024 on. */
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
