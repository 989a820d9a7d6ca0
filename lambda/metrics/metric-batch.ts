import type { MetricKey } from '../../src/contract';

/** Values of the dimensions `AgentId` and `Model`. */
export interface Pair {
  readonly agentId: string;
  readonly model: string;
}

/** Metric values of one agent, model and minute. CloudWatch stores them by the minute. */
export interface MetricBatch {
  /** Undefined for metrics that have no dimensions. */
  readonly pair: Pair | undefined;
  readonly timestamp: Date;
  readonly values: ReadonlyMap<MetricKey, readonly number[]>;
}

/** Destination of metrics: the log or PutMetricData. */
export interface MetricSink {
  /** Undefined if metrics are printed. */
  readonly sending?: Sending;
  /** Prints values, or queues them for sending. */
  publish(batch: MetricBatch): void;
}

/** Queue of metrics that are sent with PutMetricData. */
export interface Sending {
  /** Number of batches and requests that are not delivered yet. */
  readonly pending: number;
  /**
   * Sends the queued metrics. Metrics that CloudWatch does not accept before the deadline are printed, or
   * spilled if it may have accepted them. It never rejects.
   *
   * @param ownOnly true if it does not wait for requests of earlier calls
   */
  send(deadlineMs: number, ownOnly: boolean): Promise<void>;
  /** Prints queued metrics and spills requests in flight, before it returns. */
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

/**
 * Times that CloudWatch accepts: the last two weeks and the next two hours (PutMetricData, API reference).
 */
const MAX_AGE_MS = 14 * 86_400_000;
const MAX_AHEAD_MS = 2 * 3_600_000;
/** Margin for the time from this check to the last attempt to send. It is longer than any flush. */
const MARGIN_MS = 60_000;

/**
 * Returns true if CloudWatch accepts a value of this time. A single value that is too old or too far in the
 * future makes CloudWatch refuse the whole request.
 */
export function isInMetricWindow(timestamp: Date): boolean {
  const ageMs = Date.now() - timestamp.getTime();
  return ageMs <= MAX_AGE_MS - MARGIN_MS && ageMs >= -MAX_AHEAD_MS;
}

/** Member of a log line with a PutMetricData request that CloudWatch may have accepted. */
export const METRIC_SPILL_MARK = 'MetricSpill';
