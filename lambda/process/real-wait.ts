/** A wait that can be called off. */
export interface Wait {
  /** Fulfilled when the time has passed, or when the wait is called off. */
  readonly ended: Promise<unknown>;
  callOff(): void;
}

/** TypeScript has it from its library ES2024 on. */
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
