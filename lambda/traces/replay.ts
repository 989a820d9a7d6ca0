import type { TableLocation } from './table-location';

/**
 * Log lines to replay: the path of a file, a stream of bytes (both gzipped or not), or lines. Of a line of
 * any length in a file or stream, no more than 512 KB is held in memory.
 */
export type ReplaySource = string | Iterable<string> | AsyncIterable<string | Uint8Array>;

export interface ReplayOptions extends TableLocation {
  /**
   * How long one request of 25 items may be tried, in milliseconds.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
  /**
   * True sends the requests of `MetricSpill` lines to CloudWatch, each line once.
   *
   * CloudWatch may have taken them the first time, and then counts their values twice: it is not known, and
   * sending them again cannot be undone. A second replay of the same lines counts them once more.
   *
   * @default false: they are counted and not sent
   */
  readonly metrics?: boolean;
  /**
   * Where CloudWatch is, for `metrics`.
   *
   * @default - the SDK's own
   */
  readonly cloudWatchEndpoint?: string;
}

/** What came of the metrics of a replay. */
export interface MetricReplay {
  /** `MetricSpill` lines whose request CloudWatch took now. */
  readonly metricsSent: number;
  /** `MetricSpill` lines that were not sent: without `metrics`, all of them. */
  readonly metricsLeft: number;
  /** Why, for the first line that could not be sent. `unknown: …` if CloudWatch may have taken it. */
  readonly metricsReason?: string;
}

/** What came of a replay. */
export interface Replay extends MetricReplay {
  /**
   * Traces that are in the table now. One that was there before is the same; a
   * provisional one whose answer is there is counted, too.
   */
  readonly written: number;
  /** Lines that claim to be a spill and are none: cut off, or not written by the runtime. */
  readonly refused: number;
  /** Items that could not be written. Replay the same lines again. */
  readonly left: number;
  /** Why, for the first of them. */
  readonly reason?: string;
  /** Items that the table refuses for their content, each by itself. Replaying them again does not help. */
  readonly poisoned: number;
  /** Keys of the first 20 of them: partition key and sort key. */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
