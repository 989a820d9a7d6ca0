import type { TableLocation } from './table-location';

/** Settings of everything that writes traces to one table. */
export interface SharedTableOptions extends TableLocation {
  /**
   * Over how many partitions an agent's day is spread; the table's `writeShards`.
   *
   * @default 1
   */
  readonly writeShards?: number;
  /**
   * Days until a trace expires; 0 keeps it for ever.
   *
   * @default 90
   */
  readonly ttlDays?: number;
  /**
   * Items in one request, 1 to 25.
   *
   * @default 25
   */
  readonly batchSize?: number;
  /**
   * How many traces may wait; one more goes to the log as a spill.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * After so many failed requests in a row, the circuit
   * breaker opens: what comes then goes to the log at once.
   *
   * @default 5
   */
  readonly breakerFailures?: number;
  /**
   * For how long the breaker stays open, in seconds; then one request tries the table.
   *
   * @default 60
   */
  readonly breakerResetSeconds?: number;
}
