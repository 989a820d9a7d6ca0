import type { MetricKey } from '../../src/contract';

/** Values of the dimensions `AgentId` and `Model`. */
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
  /** Queue of metrics for PutMetricData. Undefined if metrics are printed. */
  readonly sending?: Sending;
  /** Prints values, or queues them for sending. */
  publish(batch: MetricBatch): void;
}

/** Queue of metrics that are sent with PutMetricData. */
export interface Sending {
  /** Number of batches and requests that are not delivered yet. */
  readonly pending: number;
  /**
   * Sends the queued metrics until the deadline. Prints the metrics that CloudWatch did not accept by then.
   * Writes requests that CloudWatch may have accepted to the log, as `MetricSpill` lines. Never rejects.
   *
   * @param ownOnly true if this call does not wait for requests of earlier calls
   */
  send(deadlineMs: number, ownOnly: boolean): Promise<void>;
  /** Prints the queued metrics, and spills requests in flight to the log, before it returns. */
  spill(): void;
}

/** Splits a batch. Each part has at most `size` values of each metric. */
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
/** Maximum time of a metric value in the future: two hours (PutMetricData, API reference). */
const MAX_AHEAD_MS = 2 * 3_600_000;
/**
 * Margin for the time between the check of a value and the last attempt to send it. No flush takes longer
 * than this margin.
 */
const MARGIN_MS = 60_000;

/**
 * Returns true if CloudWatch accepts a metric value with this time. The time must be at most two weeks ago
 * and at most two hours ahead. CloudWatch refuses a whole request if one value has another time.
 */
export function isInMetricWindow(timestamp: Date): boolean {
  const ageMs = Date.now() - timestamp.getTime();
  return ageMs <= MAX_AGE_MS - MARGIN_MS && ageMs >= -MAX_AHEAD_MS;
}

/**
 * JSON member of a log line. It holds a PutMetricData request that CloudWatch may or may not have accepted.
 */
export const METRIC_SPILL_MARK = 'MetricSpill';
