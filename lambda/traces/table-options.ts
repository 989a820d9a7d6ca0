import type { TableLocation } from './trace';

/** Settings that all writers of one trace table share. */
export interface SharedTableOptions extends TableLocation {
  /**
   * Number of partitions for the traces of one agent on one day. It must equal `writeShards` of the construct
   * that creates the table.
   *
   * @default 1
   */
  readonly writeShards?: number;
  /**
   * Days until a trace expires. If 0, traces never expire.
   *
   * @default 90
   */
  readonly ttlDays?: number;
  /**
   * True to write a claim with the request id of each call. The ingest of spans skips calls with a claim.
   *
   * @default false
   */
  readonly claimCalls?: boolean;
  /**
   * Maximum number of items in one request, from 1 to 25.
   *
   * @default 25
   */
  readonly batchSize?: number;
  /**
   * Maximum number of traces in the queue. Further traces are written to the log.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * Number of consecutive failed requests that open the circuit breaker. While the breaker is open, no
   * request is sent, and traces go to the log at once.
   *
   * @default 5
   */
  readonly breakerFailures?: number;
  /**
   * Seconds for which the circuit breaker stays open. Then one request tests if the table works again.
   *
   * @default 60
   */
  readonly breakerResetSeconds?: number;
}
