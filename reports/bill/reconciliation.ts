import type { BilledAmount, BilledTokens } from './billed-costs';
import type { Bucket } from '../../lambda/pricing/billing-buckets';

/** Difference between the recorded and the billed amount. */
export interface Drift {
  /** Recorded minus billed amount, as a decimal of US dollars. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /** Difference in percent of the billed amount, to a hundredth: -9.09. Undefined if nothing was billed. */
  readonly percent?: number;
}

/** Recorded side of a comparison. */
export interface RecordedAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Number of unpriced invocations. If it is above 0, the true amount is higher. */
  readonly unpriced: number;
}

/** Billed side of a comparison. It includes only charges by the token, because nothing else is recorded. */
export interface BillAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Buckets whose tokens are unknown, because the unit on the bill is unknown. */
  readonly unknownUnits: readonly Bucket[];
}

/** Comparison of recorded and billed amounts. */
export interface Compared {
  /** Undefined if nothing was recorded. */
  readonly recorded?: RecordedAmount;
  /** Undefined if nothing was billed. */
  readonly billed?: BillAmount;
  readonly drift: Drift;
  /**
   * Difference of the tokens in percent of the billed tokens. It compares only buckets that are known on both
   * sides. Undefined without such a bucket.
   */
  readonly tokenDrift?: number;
}

/** Comparison of a model on a day. */
export interface ReconciledRow extends Compared {
  readonly day: string;
  readonly model: string;
  /** True if the bill of the day is complete. Totals include only settled days. */
  readonly settled: boolean;
  /** True if the amount can still change, because the invoice of the month is not final. */
  readonly estimated: boolean;
}

/** Comparison of a day, which includes unattributed charges by the token. */
export interface ReconciledDay extends Compared {
  readonly day: string;
  readonly settled: boolean;
  readonly estimated: boolean;
}

/** Comparison of a model on all settled days. */
export interface ReconciledModel extends Compared {
  readonly model: string;
}

/** Comparison of recorded costs with the AWS bill. */
export interface Reconciliation {
  /** First and last UTC day, both inclusive. */
  readonly from: string;
  readonly to: string;
  /** Sorted by day, then by billed amount, highest first. */
  readonly rows: readonly ReconciledRow[];
  /** All days of the range. */
  readonly days: readonly ReconciledDay[];
  /** Models on settled days, sorted by billed amount, highest first. */
  readonly models: readonly ReconciledModel[];
  /** Total of settled days, which includes unattributed charges by the token. */
  readonly total: Compared;
  /** Model with the largest drift in percent. Models with less than one cent on both sides are ignored. */
  readonly worst?: ReconciledModel;
  /**
   * Models that were recorded but not billed on settled days, and models that were billed but not recorded.
   */
  readonly onlyRecorded: readonly string[];
  readonly onlyBilled: readonly string[];
  /** Days whose bill may be incomplete. */
  readonly unsettledDays: readonly string[];
  /** Days whose amounts can still change, because the invoice of the month is not final. */
  readonly estimatedDays: readonly string[];
  /**
   * Charges by the token on settled days that cannot be attributed to one model. Only the total includes
   * them.
   */
  readonly unattributed: BilledAmount;
  /** Charges on settled days that are not by the token. They are not compared. */
  readonly other: BilledAmount;
  /** Notes that are needed to interpret the figures, each a sentence. */
  readonly notes: readonly string[];
  /** Number of requests to Cost Explorer, and their price as a decimal of US dollars. */
  readonly requests: number;
  readonly requestCostUsd: string;
}
