import type { TableLocation } from './trace';

/**
 * Log lines to replay: the path of a file, a byte stream, or lines. A file or stream may be gzipped. Only the
 * first 512 KB of a line in a file or stream are kept.
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
   * CloudWatch may already have accepted such a request. In that case, it counts the values twice, and this
   * cannot be undone. Each further replay of the same lines counts the values once more.
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

/** Result of a replay for `MetricSpill` lines. */
export interface MetricReplay {
  /** Number of `MetricSpill` lines whose request CloudWatch accepted. */
  readonly metricsSent: number;
  /**
   * Number of `MetricSpill` lines whose request was not sent, or not accepted by CloudWatch. If the option
   * `metrics` is false, this is the number of all `MetricSpill` lines.
   */
  readonly metricsLeft: number;
  /**
   * Error of the first line that `metricsLeft` counts. The text begins with `unknown:` if CloudWatch may have
   * accepted the request.
   */
  readonly metricsReason?: string;
}

/** Result of a replay. */
export interface Replay extends MetricReplay {
  /**
   * Number of the replayed traces that are in the table now. It includes traces that were in the table
   * before, and provisional traces that were skipped because the table has their answer.
   */
  readonly written: number;
  /**
   * Number of lines that look like `TraceSpill` or `MetricSpill` lines but are invalid. Such lines are cut
   * off, or the runtime did not write them.
   */
  readonly refused: number;
  /** Number of items that could not be written. To write them, replay the same lines again. */
  readonly left: number;
  /** Error of the first item that could not be written. */
  readonly reason?: string;
  /** Number of items that DynamoDB refuses because of their content. Another replay does not help. */
  readonly poisoned: number;
  /**
   * Partition key and sort key of each of the first 20 items that DynamoDB refuses because of their content.
   */
  readonly poisonedKeys: readonly (readonly [string, string])[];
}
