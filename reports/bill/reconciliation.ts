import type { BilledAmount, BilledTokens } from './billed-costs';
import type { Bucket } from '../../lambda/pricing/billing-buckets';

/** Recorded amount minus billed amount. It is negative if more was billed than recorded. */
export interface Drift {
  /** Difference as decimal text in US dollars, such as "-1.25". */
  readonly usd: string;
  readonly picoUsd: bigint;
  /**
   * Difference in percent of the billed amount, rounded to two decimals, such as -9.09. Undefined if nothing
   * was billed.
   */
  readonly percent?: number;
}

/**
 * Recorded amount and tokens that are compared with the bill. The cost of units besides tokens is excluded.
 */
export interface RecordedAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /**
   * Number of invocations without a known price. If there are any, the true cost is higher than the recorded
   * amount.
   */
  readonly unpriced: number;
  /** Number of invocations whose tokens may have cost more than recorded. Absent if 0. */
  readonly lowerBound?: number;
  /** Number of invocations for each reason why the amount is a lower bound. Absent if there are none. */
  readonly reasons?: Readonly<Record<string, number>>;
}

/**
 * Billed amount and tokens that are compared with the recorded amount. Charges that are not for tokens are
 * excluded, because their usage is not recorded.
 */
export interface BillAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Buckets (kinds of tokens) with charges in an unknown unit. `tokens` does not contain these buckets. */
  readonly unknownUnits: readonly Bucket[];
}

/** Recorded amount, billed amount and their difference. */
export interface Compared {
  /** Recorded amount and tokens. Undefined if nothing was recorded. */
  readonly recorded?: RecordedAmount;
  /** Billed amount and tokens. Undefined if nothing was billed. */
  readonly billed?: BillAmount;
  readonly drift: Drift;
  /**
   * Recorded tokens minus billed tokens, in percent of the billed tokens. Excludes days on which a model was
   * only recorded or only billed. Excludes kinds of tokens with an unknown unit. Undefined if no billed
   * tokens remain.
   */
  readonly tokenDrift?: number;
}

/** Comparison of one model on one day. */
export interface ReconciledRow extends Compared {
  readonly day: string;
  readonly model: string;
  /** True if the bill of the day is complete. Totals include only days with a complete bill. */
  readonly settled: boolean;
  /** True if the amount can still change, because the invoice of the month is not final. */
  readonly estimated: boolean;
}

/**
 * Comparison of one day over all models. The billed amount includes charges for tokens that cannot be
 * attributed to one model.
 */
export interface ReconciledDay extends Compared {
  readonly day: string;
  readonly settled: boolean;
  readonly estimated: boolean;
}

/** Comparison of one model over all days with a complete bill. */
export interface ReconciledModel extends Compared {
  readonly model: string;
}

/** Result of the comparison of recorded costs with the AWS bill. */
export interface Reconciliation {
  /** First UTC day of the comparison, inclusive. */
  readonly from: string;
  /** Last UTC day of the comparison, inclusive. */
  readonly to: string;
  /** Comparisons of each model on each day. Sorted by day, then by billed amount, highest first. */
  readonly rows: readonly ReconciledRow[];
  /** Comparisons of each day, over all models. */
  readonly days: readonly ReconciledDay[];
  /**
   * Comparisons of each model, over all days with a complete bill. Sorted by billed amount, highest first.
   */
  readonly models: readonly ReconciledModel[];
  /**
   * Comparison over all models and all days with a complete bill. The billed amount includes charges for
   * tokens that cannot be attributed to one model.
   */
  readonly total: Compared;
  /**
   * Model with the largest difference in percent. Models with a recorded and a billed amount below one cent
   * are ignored.
   */
  readonly worst?: ReconciledModel;
  /** Models that were recorded, but not billed, on days with a complete bill. */
  readonly onlyRecorded: readonly string[];
  /** Models that were billed, but not recorded, on days with a complete bill. */
  readonly onlyBilled: readonly string[];
  /**
   * UTC days with a possibly incomplete bill, because Cost Explorer is up to 24 hours late. Totals exclude
   * these days.
   */
  readonly unsettledDays: readonly string[];
  /** UTC days whose billed amounts can still change, because the invoice of the month is not final. */
  readonly estimatedDays: readonly string[];
  /**
   * Billed amount for tokens that cannot be attributed to one model, on days with a complete bill. `total`
   * and `days` include this amount. `models` excludes it.
   */
  readonly unattributed: BilledAmount;
  /** Billed amount that is not for tokens, on days with a complete bill. It is not compared with anything. */
  readonly other: BilledAmount;
  /**
   * Recorded cost of units besides tokens, such as text units of a guardrail, on days with a complete bill.
   * It is not compared, because the bill has charges of their own for units. `other` includes these charges.
   * Absent if there are none.
   */
  readonly recordedUnits?: BilledAmount & {
    /** Number of each unit. */
    readonly units: Readonly<Record<string, number>>;
  };
  /** Sentences that explain the comparison, such as reasons for differences. */
  readonly notes: readonly string[];
  /** Number of requests to Cost Explorer for this bill. AWS charges for each request. */
  readonly requests: number;
  /** Price of the requests to Cost Explorer that read the bill, as decimal text in US dollars. */
  readonly requestCostUsd: string;
}
