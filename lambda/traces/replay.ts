import type { TableLocation } from './trace';

/**
 * Log lines to replay: the path of a file, a stream of bytes (both gzipped or not), or lines. At most 512 KB
 * of each line in a file or stream is held in memory.
 */
export type ReplaySource = string | Iterable<string> | AsyncIterable<string | Uint8Array>;

export interface ReplayOptions extends TableLocation {
  /**
   * Time limit for one request of 25 items, in milliseconds.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
  /**
   * True sends the request of each `MetricSpill` line to CloudWatch once.
   *
   * CloudWatch may have taken a request before. Then it counts the values twice, and that cannot be undone. A
   * second replay of the same lines counts them once more.
   *
   * @default false: the lines are counted and not sent
   */
  readonly metrics?: boolean;
  /**
   * Region and endpoint of CloudWatch, for `metrics`.
   *
   * @default - those of the AWS SDK
   */
  readonly cloudWatchEndpoint?: string;
}

/** Result of a replay for metrics. */
export interface MetricReplay {
  /** Number of `MetricSpill` lines that this replay sent and CloudWatch took. */
  readonly metricsSent: number;
  /** Number of `MetricSpill` lines that were not sent. Without `metrics`, all of them. */
  readonly metricsLeft: number;
  /**
   * Error of the first line that was not sent. It is `unknown: …` if CloudWatch may have taken the request.
   */
  readonly metricsReason?: string;
}

/** Result of a replay. */
export interface Replay extends MetricReplay {
  /**
   * Number of traces that are in the table now. Traces that were there before count, too, and so do
   * provisional traces whose answer is there.
   */
  readonly written: number;
  /** Number of lines that look like a spill and are not: cut off, or not written by the runtime. */
  readonly refused: number;
  /** Number of items that could not be written. Replay the same lines again. */
  readonly left: number;
  /** Error of the first of them. */
  readonly reason?: string;
  /** Number of items that the table refuses for their content. Replaying them again does not help. */
  readonly poisoned: number;
  /** Partition key and sort key of the first 20 of them. */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
