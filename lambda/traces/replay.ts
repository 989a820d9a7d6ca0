import type { TableLocation } from './trace';

/**
 * Log lines to replay: the path of a file, a byte stream, or the lines themselves. A file or stream can be
 * gzipped. In a file or stream, the part of a line after 512 KB is dropped.
 */
export type ReplaySource = string | Iterable<string> | AsyncIterable<string | Uint8Array>;

export interface ReplayOptions extends TableLocation {
  /**
   * Time limit in milliseconds for writing one batch of at most 25 items.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
  /**
   * True if the request in each `MetricSpill` line is sent to CloudWatch.
   *
   * CloudWatch may already have accepted such a request. CloudWatch then counts the values twice, and you
   * cannot undo this. Each further replay of the same lines counts the values once more.
   *
   * @default false: the lines are counted but not sent
   */
  readonly metrics?: boolean;
  /**
   * Endpoint URL of CloudWatch. It is used only if `metrics` is true.
   *
   * @default - endpoint of the AWS SDK
   */
  readonly cloudWatchEndpoint?: string;
}

/**
 * Results for the `MetricSpill` lines of a replay. Each `MetricSpill` line contains a request to CloudWatch.
 */
export interface MetricReplay {
  /** Number of `MetricSpill` lines whose request was sent again and accepted by CloudWatch. */
  readonly metricsSent: number;
  /**
   * Number of `MetricSpill` lines whose request CloudWatch did not confirm. If the option `metrics` is false,
   * this is the number of all `MetricSpill` lines.
   */
  readonly metricsLeft: number;
  /**
   * Error of the first unconfirmed request to CloudWatch. If CloudWatch may have accepted the request, the
   * text begins with `unknown:`.
   */
  readonly metricsReason?: string;
}

/** Result of a replay of log lines. */
export interface Replay extends MetricReplay {
  /**
   * Number of replayed traces that are in the table after the replay. This includes traces that were in the
   * table before. A provisional trace also counts if the table has the answered trace of its call.
   */
  readonly written: number;
  /**
   * Number of invalid `TraceSpill` and `MetricSpill` lines. A line is invalid, for example, if it is
   * truncated.
   */
  readonly refused: number;
  /** Number of items that could not be written. To write them, replay the same lines again. */
  readonly left: number;
  /** Error of the first item that could not be written. Undefined if `left` is 0. */
  readonly reason?: string;
  /** Number of items that DynamoDB refuses because of their content. Another replay does not help. */
  readonly poisoned: number;
  /**
   * Partition key and sort key of each of the first 20 items that DynamoDB refuses because of their content.
   */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
