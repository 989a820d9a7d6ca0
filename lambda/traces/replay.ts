import type { TableLocation } from './trace';

/**
 * Log lines to replay: the path of a file, a stream of bytes (both gzipped or not), or lines. At most 512 KB
 * of each line in a file or stream is held in memory.
 */
export type ReplaySource = string | Iterable<string> | AsyncIterable<string | Uint8Array>;

export interface ReplayOptions extends TableLocation {
  /**
   * Time limit for writing one batch of 25 items, in milliseconds.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
  /**
   * True sends the request of each `MetricSpill` line to CloudWatch.
   *
   * CloudWatch may have accepted a request before. It then counts the values twice, and that cannot be
   * undone. Each further replay of the same lines counts them once more.
   *
   * @default false: the lines are counted and not sent
   */
  readonly metrics?: boolean;
  /**
   * Endpoint URL of CloudWatch, for `metrics`.
   *
   * @default - endpoint of the AWS SDK
   */
  readonly cloudWatchEndpoint?: string;
}

/** Metric counts of a replay. */
export interface MetricReplay {
  /** Number of `MetricSpill` lines whose request CloudWatch accepted. */
  readonly metricsSent: number;
  /** Number of `MetricSpill` lines that were not sent. Without `metrics`, all of them. */
  readonly metricsLeft: number;
  /**
   * Error of the first line that was not sent. It begins with `unknown:` if CloudWatch may have accepted the
   * request.
   */
  readonly metricsReason?: string;
}

/** Result of a replay. */
export interface Replay extends MetricReplay {
  /**
   * Number of traces that are in the table now. This includes traces that were there before, and provisional
   * traces whose answer is there.
   */
  readonly written: number;
  /**
   * Number of lines that look like a spill but are not one: they are cut off, or the runtime did not write
   * them.
   */
  readonly refused: number;
  /** Number of items that could not be written. Replay the same lines again. */
  readonly left: number;
  /** Error of the first item that could not be written. */
  readonly reason?: string;
  /** Number of items that the table refuses for their content. Replaying them again does not help. */
  readonly poisoned: number;
  /** Partition key and sort key of the first 20 poisoned items. */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
