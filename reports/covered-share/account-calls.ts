import type { CallCounts, LostTraces } from './covered-share';

/** Calls of the account with one model id. */
export interface AccountCalls extends CallCounts {
  /**
   * Value of the dimension `ModelId`: the id in the request, such as `us.amazon.nova-lite-v1:0`. For an
   * application inference profile, it is the last part of the ARN.
   */
  readonly modelId: string;
}

/** Calls of the account on one day, as they were read from CloudWatch. */
export interface AccountReading {
  readonly region: string;
  /** True if the caller may not read metrics. The other members are then empty. */
  readonly isDenied: boolean;
  readonly calls: readonly AccountCalls[];
  readonly lostTraces?: LostTraces;
  /** Number of metrics that were read. CloudWatch charges for each of them. */
  readonly metricsRead: number;
  /** Messages of CloudWatch about incomplete results. */
  readonly messages: readonly string[];
}
