import type { MetricKey } from '../../src/contract';

/** Agent and model, as values of the dimensions `AgentId` and `Model`. */
export interface Pair {
  readonly agentId: string;
  readonly model: string;
}

/** Metric values of one agent and model in one minute. CloudWatch stores metrics by the minute. */
export interface MetricBatch {
  /** Dimension values. Undefined for metrics that have no dimensions. */
  readonly pair: Pair | undefined;
  readonly timestamp: Date;
  readonly values: ReadonlyMap<MetricKey, readonly number[]>;
}

/** Destination of metrics: the log or PutMetricData. */
export interface MetricSink {
  /** Queue of metrics for PutMetricData. Undefined if `publish` prints the metrics at once. */
  readonly sending?: Sending;
  /** Prints values, or queues them for sending. */
  publish(batch: MetricBatch): void;
}

/** Queue of metrics that are sent with PutMetricData. */
export interface Sending {
  /** Number of batches and requests that are not delivered yet. */
  readonly pending: number;
  /**
   * Sends the queued metrics, for at most `deadlineMs` milliseconds. Never rejects.
   *
   * If CloudWatch did not accept a request, its metrics are printed. If CloudWatch may have accepted a
   * request, the request is written to the log as a `MetricSpill` line.
   *
   * @param ownOnly true if this call does not wait for requests of earlier calls
   */
  send(deadlineMs: number, ownOnly: boolean): Promise<void>;
  /**
   * Prints the queued metrics before it returns. Requests in flight that CloudWatch may have accepted are
   * written to the log as `MetricSpill` lines.
   */
  spill(): void;
}

/** Splits a batch into parts with at most `size` values of each metric. */
export function* parts({ pair, timestamp, values }: MetricBatch, size: number): Generator<MetricBatch> {
  const longest = Math.max(...[...values.values()].map(points => points.length));
  for (let from = 0; from < longest; from += size) {
    const part = [...values]
      .map(([metric, points]) => [metric, points.slice(from, from + size)] as const)
      .filter(([, points]) => points.length > 0);
    yield { pair, timestamp, values: new Map(part) };
  }
}

/** Maximum age of a metric value: two weeks (PutMetricData, API reference). */
const MAX_AGE_MS = 14 * 86_400_000;
/** Limit for timestamps in the future: two hours, in milliseconds (PutMetricData, API reference). */
const MAX_AHEAD_MS = 2 * 3_600_000;
/**
 * Margin below `MAX_AGE_MS`, in milliseconds. A value gets older between the check and its arrival at
 * CloudWatch.
 */
const MARGIN_MS = 60_000;

/**
 * Returns true if CloudWatch accepts a metric value with this time: at most two weeks ago and at most two
 * hours ahead. A value outside of this window would make CloudWatch refuse the whole request.
 */
export function isInMetricWindow(timestamp: Date): boolean {
  const ageMs = Date.now() - timestamp.getTime();
  return ageMs <= MAX_AGE_MS - MARGIN_MS && ageMs >= -MAX_AHEAD_MS;
}

/**
 * Name of the JSON member that marks a log line as a spilled PutMetricData request. CloudWatch may have
 * accepted the request.
 */
export const METRIC_SPILL_MARK = 'MetricSpill';
