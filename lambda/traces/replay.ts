import type { TableLocation } from './trace';

/**
 * Log lines to replay: the path of a file, a byte stream, or the lines themselves. A file or stream may be
 * gzipped. If one of its lines is longer than 512 KB, the rest of the line is dropped.
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
 * Result of a replay that concerns `MetricSpill` lines. Each of these lines contains a request to CloudWatch.
 */
export interface MetricReplay {
  /** Number of `MetricSpill` lines whose request was sent again and accepted by CloudWatch. */
  readonly metricsSent: number;
  /**
   * Number of `MetricSpill` lines whose request CloudWatch did not confirm. If `metrics` is false, no request
   * is sent, and this is the number of all `MetricSpill` lines.
   */
  readonly metricsLeft: number;
  /**
   * Error of the first request that `metricsLeft` counts. The text begins with `unknown:` if CloudWatch may
   * have accepted the request.
   */
  readonly metricsReason?: string;
}

/** Result of a replay of log lines. */
export interface Replay extends MetricReplay {
  /**
   * Number of traces in the log lines that are now in the table. This includes traces that were in the table
   * before the replay. A provisional trace counts if the table has the answered trace of the same call.
   */
  readonly written: number;
  /**
   * Number of invalid `TraceSpill` and `MetricSpill` lines. Such a line is cut off, or another program wrote
   * it.
   */
  readonly refused: number;
  /** Number of items that could not be written. To write them, replay the same lines again. */
  readonly left: number;
  /** Error of the first item that `left` counts. Undefined if all items were written. */
  readonly reason?: string;
  /** Number of items that DynamoDB refuses because of their content. Another replay does not help. */
  readonly poisoned: number;
  /**
   * Partition key and sort key of each of the first 20 items that DynamoDB refuses because of their content.
   */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
