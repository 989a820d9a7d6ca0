import type { TableLocation } from './trace';

/** Settings of everything that writes traces to one table. */
export interface SharedTableOptions extends TableLocation {
  /**
   * Number of partitions for each agent and day. It must equal `writeShards` of the table construct.
   *
   * @default 1
   */
  readonly writeShards?: number;
  /**
   * Days until a trace expires. 0 keeps it for ever.
   *
   * @default 90
   */
  readonly ttlDays?: number;
  /**
   * Maximum items in one request, from 1 to 25.
   *
   * @default 25
   */
  readonly batchSize?: number;
  /**
   * Maximum traces in the queue. Further traces are spilled to the log.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * Consecutive failed requests after which the circuit breaker opens. While it is open, traces are spilled
   * at once.
   *
   * @default 5
   */
  readonly breakerFailures?: number;
  /**
   * Seconds for which the breaker stays open. After that, one request tries the table.
   *
   * @default 60
   */
  readonly breakerResetSeconds?: number;
}
