import type { Reads } from '../results';

/** Number of answered invocations, and their input tokens. */
export interface CallCounts {
  /** Number of invocations that a model answered. Failed calls and cached responses are excluded. */
  readonly invocations: number;
  /** Number of input tokens, without cache reads and cache writes. */
  readonly inputTokens: number;
}

/** Recorded invocations and input tokens as shares of the account's, from 0 to 1. */
export interface CoveredShares {
  /** Undefined if the account has no invocations. */
  readonly invocations?: number;
  /** Undefined if the account has no input tokens, for example if it uses only image models. */
  readonly inputTokens?: number;
}

/**
 * Comparison of the account's calls with the recorded calls. `covered` and `missing` add up to `account`, and
 * `covered` and `excess` add up to `recorded`.
 */
export interface CoveredCalls {
  /** Calls of all programs in the account and region, from the metrics of Amazon Bedrock. */
  readonly account: CallCounts;
  /**
   * Calls in the trace table. Calls that the metrics do not include are excluded: batch jobs, services
   * without a model such as guardrails, and operations without token counts such as Rerank.
   */
  readonly recorded: CallCounts;
  /** Calls that are both in the account's metrics and in the table: for each model, the smaller number. */
  readonly covered: CallCounts;
  /** Calls of the account that are not recorded. */
  readonly missing: CallCounts;
  /** Recorded calls that are not in the account's metrics. They raise no share. */
  readonly excess: CallCounts;
  /** `covered` divided by `account`. */
  readonly share: CoveredShares;
}

/**
 * Likely reasons for a difference:
 * - `never-recorded`: no client that calls the model is instrumented.
 * - `partly-recorded`: one of several programs is not instrumented, or may not write traces.
 * - `failed-calls`: all input tokens are recorded, and the table has as many failed calls of the model as
 *   invocations are missing. Amazon Bedrock also counts some failed calls as invocations.
 * - `tokens-unknown`: all invocations are recorded, but some without their token counts. For example, a
 *   program stopped reading a stream.
 * - `more-recorded`: calls of another region or account are in the table, or calls are recorded twice.
 * - `only-recorded`: the account's metrics do not contain the model at all.
 */
export const GAP_REASONS = [
  'never-recorded',
  'partly-recorded',
  'failed-calls',
  'tokens-unknown',
  'more-recorded',
  'only-recorded',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** Comparison of one model. */
export interface CoveredModel extends CoveredCalls {
  /**
   * Name of the model in traces. For a model id in the metrics that no trace explains, it is this id, for
   * example the id of an application inference profile.
   */
  readonly model: string;
  /** Model ids in the account's metrics that belong to this model, such as `us.amazon.nova-lite-v1:0`. */
  readonly modelIds: readonly string[];
  /** Number of failed calls in the table. `recorded` excludes them. */
  readonly failed: number;
  /** Likely reason for the difference. Undefined if there is no difference. */
  readonly reason?: GapReason;
}

/** Numbers of traces that did not reach the table on the day, from the metrics of the runtime. */
export interface LostTraces {
  /** Number of traces that a function wrote to its log as `TraceSpill` lines. `replay` can write them. */
  readonly spilled: number;
  /** Number of traces that are lost. */
  readonly dropped: number;
}

/** Share of the account's calls of one UTC day that are recorded. */
export interface CoveredShare {
  /** UTC day, such as `2026-11-22`. */
  readonly day: string;
  /** Region whose metrics were read. */
  readonly region: string;
  /** Time at which the report was made: ISO 8601, UTC. */
  readonly generatedAt: string;
  /**
   * Result of the comparison:
   * - `compared`: the account's metrics were read, and `total` has the shares.
   * - `no-metrics`: Amazon Bedrock has no metrics of this day in the region.
   * - `access-denied`: the caller lacks the permission in `missingPermission`.
   */
  readonly status: 'compared' | 'no-metrics' | 'access-denied';
  /** IAM action that the caller needs. Only present if `status` is `access-denied`. */
  readonly missingPermission?: string;
  /** True if the day is over and its metrics have arrived. They are some minutes late. */
  readonly complete: boolean;
  /** Comparison of all models together. Absent if `status` is `access-denied`. */
  readonly total?: CoveredCalls;
  /** Comparison of each model, most missing input tokens first. Empty if `status` is `access-denied`. */
  readonly models: readonly CoveredModel[];
  /** Absent if the option `namespace` is not given, or if the access was denied. */
  readonly lostTraces?: LostTraces;
  /** One sentence with the share and the missing calls, or the reason why there is no share. */
  readonly summary: string;
  /** Sentences that explain the differences and limits of the comparison. */
  readonly notes: readonly string[];
  /** Number of metrics that were read with GetMetricData. */
  readonly metricsRead: number;
  /** Price of the metrics that were read, as decimal text in US dollars ($0.01 for 1,000 metrics). */
  readonly metricsCostUsd: string;
  /**
   * Number of traces that were ignored because their timestamp is not on the UTC day in their key. Undefined
   * if there are none.
   */
  readonly unreadable?: number;
  readonly reads: Reads;
}

/** Options of `UsageReports.coveredShare`. */
export interface CoveredShareOptions {
  /**
   * UTC day to compare, such as `2026-11-22`. Days that are more than 14 days ago may lack models that the
   * account does not use any longer.
   *
   * @default - yesterday, the last day that is over
   */
  readonly day?: string;
  /**
   * AWS region whose calls are compared.
   *
   * @default - the region of the trace table
   */
  readonly region?: string;
  /**
   * Endpoint of CloudWatch.
   *
   * @default - `AWS_ENDPOINT_URL_CLOUDWATCH`. If it is not set, the endpoint of the region
   */
  readonly endpoint?: string;
  /**
   * Namespace in which the runtime publishes its metrics. If it is given, the report also reads the number of
   * spilled and dropped traces, which explain missing calls.
   *
   * @default - the report does not read the metrics of the runtime
   */
  readonly namespace?: string;
  /**
   * Signal that aborts the report.
   *
   * @default - the report cannot be aborted
   */
  readonly signal?: AbortSignal;
}
