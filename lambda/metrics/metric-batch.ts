import type { MetricKey } from '../../src/contract';

/** An (agent, model) pair, as dimension values. */
export interface Pair {
  readonly agentId: string;
  readonly model: string;
}

/** Values of one minute: CloudWatch keeps no finer time. */
export interface MetricBatch {
  /** Undefined for metrics that have no dimensions. */
  readonly pair: Pair | undefined;
  readonly timestamp: Date;
  readonly values: ReadonlyMap<MetricKey, readonly number[]>;
}

/** Where metrics go. */
export interface MetricSink {
  readonly sending?: Sending;
  /** Prints values; where there is something to send, takes them in. */
  publish(batch: MetricBatch): void;
}

/** Metrics that are sent and not printed. */
export interface Sending {
  /** How many batches wait. */
  readonly pending: number;
  /**
   * Sends the queued metrics. Those that CloudWatch does not take in time are printed, or spilled if it may
   * have taken them. It never rejects.
   */
  send(deadlineMs: number, ownOnly: boolean): Promise<void>;
  /** Prints queued metrics and spills requests in flight, before it returns. */
  spill(): void;
}

/** Parts of a batch that hold at most so many values of each metric. */
export function* parts({ pair, timestamp, values }: MetricBatch, size: number): Generator<MetricBatch> {
  const longest = Math.max(...[...values.values()].map(points => points.length));
  for (let from = 0; from < longest; from += size) {
    const part = [...values]
      .map(([metric, points]) => [metric, points.slice(from, from + size)] as const)
      .filter(([, points]) => points.length > 0);
    yield { pair, timestamp, values: new Map(part) };
  }
}

/** CloudWatch takes values of the last two weeks and of the next two hours (PutMetricData, API reference). */
const MAX_AGE_MS = 14 * 86_400_000;
const MAX_AHEAD_MS = 2 * 3_600_000;
/** Longest time from this check to the last attempt. It is longer than any flush. */
const MARGIN_MS = 60_000;

/** Returns true if CloudWatch accepts a value of this time. Otherwise it refuses the whole request. */
export function isInMetricWindow(timestamp: Date): boolean {
  const ageMs = Date.now() - timestamp.getTime();
  return ageMs <= MAX_AGE_MS - MARGIN_MS && ageMs >= -MAX_AHEAD_MS;
}

/** Marks a log line that holds a PutMetricData request that CloudWatch may or may not have taken. */
export const METRIC_SPILL_MARK = 'MetricSpill';
