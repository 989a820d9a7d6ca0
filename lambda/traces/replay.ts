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
