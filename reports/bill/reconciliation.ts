import type { BilledAmount, BilledTokens } from './billed-costs';
import type { Bucket } from '../../lambda/pricing/billing-buckets';

/** Difference between the recorded and the billed amount. */
export interface Drift {
  /** Recorded minus billed amount, as a decimal of US dollars. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /**
   * Difference in percent of the billed amount, rounded to a hundredth, such as -9.09. Undefined if nothing
   * was billed.
   */
  readonly percent?: number;
}

/** Recorded side of a comparison. */
export interface RecordedAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Number of unpriced invocations. If the number is above 0, the true amount is higher. */
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
   * Recorded tokens minus billed tokens, in percent of the billed tokens. Compares only buckets (kinds of
   * tokens) that are known on both sides. Undefined if there are none.
   */
  readonly tokenDrift?: number;
}

/** Comparison of a model on a day. */
export interface ReconciledRow extends Compared {
  readonly day: string;
  readonly model: string;
  /** True if the bill of the day is complete. Totals include only such days. */
  readonly settled: boolean;
  /** True if the amount can still change, because the invoice of the month is not final. */
  readonly estimated: boolean;
}

/**
 * Comparison of a day. The billed side includes charges by the token that cannot be attributed to one model.
 */
export interface ReconciledDay extends Compared {
  readonly day: string;
  readonly settled: boolean;
  readonly estimated: boolean;
}

/** Comparison of a model on all days whose bill is complete. */
export interface ReconciledModel extends Compared {
  readonly model: string;
}

/** Comparison of recorded costs with the AWS bill. */
export interface Reconciliation {
  /** First UTC day, inclusive. */
  readonly from: string;
  /** Last UTC day, inclusive. */
  readonly to: string;
  /** Sorted by day, then by billed amount, highest first. */
  readonly rows: readonly ReconciledRow[];
  /** Comparison of each day of the range. */
  readonly days: readonly ReconciledDay[];
  /** Comparison of each model on all days whose bill is complete. Sorted by billed amount, highest first. */
  readonly models: readonly ReconciledModel[];
  /**
   * Total of all days whose bill is complete. It includes charges by the token that cannot be attributed to
   * one model.
   */
  readonly total: Compared;
  /** Model with the largest drift in percent. A model with less than one cent on both sides is ignored. */
  readonly worst?: ReconciledModel;
  /** Models that were recorded but not billed, on days whose bill is complete. */
  readonly onlyRecorded: readonly string[];
  /** Models that were billed but not recorded, on days whose bill is complete. */
  readonly onlyBilled: readonly string[];
  /** Days whose bill may be incomplete. */
  readonly unsettledDays: readonly string[];
  /** Days whose amounts can still change, because the invoice of the month is not final. */
  readonly estimatedDays: readonly string[];
  /**
   * Charges for tokens that cannot be attributed to one model, on days whose bill is complete. `unattributed`
   * is included in the total and in the comparison of each day, but not in the comparison of each model.
   */
  readonly unattributed: BilledAmount;
  /** Charges that are not billed by the token, on days whose bill is complete. They are not compared. */
  readonly other: BilledAmount;
  /** Notes that are needed to interpret the figures. Each note is a sentence. */
  readonly notes: readonly string[];
  /** Number of requests to Cost Explorer. */
  readonly requests: number;
  /** Price of all requests to Cost Explorer, as a decimal of US dollars. */
  readonly requestCostUsd: string;
}
