import type { TableLocation } from './table-location';

export interface ReplayOptions extends TableLocation {
  /**
   * How long one request of 25 items may be tried, in milliseconds.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
}

/** What came of a replay. */
export interface Replay {
  /** Traces that are in the table now. One that was there before is the same. */
  readonly written: number;
  /** Lines that claim to be a spill and are none: cut off, or not written by the runtime. */
  readonly refused: number;
  /** Items that could not be written. Replay the same lines again. */
  readonly left: number;
  /** Why, for the first of them. */
  readonly reason?: string;
}

/**
 * Writes the traces of `TraceSpill` lines to the table, any number of times with the same result. Other lines of a log are
 * passed over, and so is what is in front of the JSON in a line.
 *
 * @param lines of a function's log, as they come from a file, from `aws logs tail` or from FilterLogEvents
 *
 * @example
 * const { written, left } = await replaySpills(createInterface({ input: createReadStream('function.log') }), { tableName });
 */
export async function replaySpills(lines: Iterable<string> | AsyncIterable<string>, options: ReplayOptions): Promise<Replay> {
  const { replay } = await import('../aws/replay');
  return replay(lines, options);
}
