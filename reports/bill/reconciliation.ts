import type { BilledAmount, BilledTokens } from './billed-costs';
import type { Bucket } from '../../lambda/pricing/model-price';

/** Ours, and how far it is from the bill's. */
export interface Drift {
  /** A decimal of US dollars: ours less the bill's. */
  readonly usd: string;
  readonly picoUsd: bigint;
  /**
   * The same in per cent of the bill's, to a hundredth: -9.09 where a
   * tenth too little was recorded. Undefined where nothing was billed.
   */
  readonly percent?: number;
}

/** What was recorded, in a reconciliation. */
export interface RecordedAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Calls whose cost is not known: the true amount is more. */
  readonly unpriced: number;
}

/** What was billed, in a reconciliation: by the token alone, as nothing else can be recorded. */
export interface BillAmount extends BilledAmount {
  readonly tokens: BilledTokens;
  /** Buckets whose tokens are not known, as the bill's unit is not clear. */
  readonly unknownUnits: readonly Bucket[];
}

/** Both sides of something. */
export interface Compared {
  /** Undefined where nothing was recorded. */
  readonly recorded?: RecordedAmount;
  /** Undefined where nothing was billed. */
  readonly billed?: BillAmount;
  readonly drift: Drift;
  /**
   * Tokens in per cent of the bill's, of the buckets whose
   * number is known on both sides; undefined where none is.
   */
  readonly tokenDrift?: number;
}

/** A model on a day. */
export interface ReconciledRow extends Compared {
  readonly day: string;
  readonly model: string;
  /** Whether the bill has all of the day by now: if not, it is in no sum. */
  readonly settled: boolean;
  /** The amount can still change: the month's invoice is not final. */
  readonly estimated: boolean;
}

/** A day, what is billed by the token of no one model included. */
export interface ReconciledDay extends Compared {
  readonly day: string;
  readonly settled: boolean;
  readonly estimated: boolean;
}

/** A model's settled days together. */
export interface ReconciledModel extends Compared {
  readonly model: string;
}

/** What was recorded against what was billed. */
export interface Reconciliation {
  /** UTC days, both included: the bill knows no others. */
  readonly from: string;
  readonly to: string;
  /** By day, then the dearest of the bill first. */
  readonly rows: readonly ReconciledRow[];
  /** Each day of the range. */
  readonly days: readonly ReconciledDay[];
  /** Of settled days. */
  readonly models: readonly ReconciledModel[];
  /** Of settled days, what is billed by the token of no one model included. */
  readonly total: Compared;
  /** The model with the largest drift in per cent, of those with a cent or more on either side. */
  readonly worst?: ReconciledModel;
  /** Models that were recorded and not billed on settled days, and the other way round. */
  readonly onlyRecorded: readonly string[];
  readonly onlyBilled: readonly string[];
  /** Days that the bill may not have whole yet. */
  readonly unsettledDays: readonly string[];
  /** Days whose amounts can still change until the month's invoice is final. */
  readonly estimatedDays: readonly string[];
  /** Billed by the token on settled days, of no one model: in the total, in no row. */
  readonly unattributed: BilledAmount;
  /** Billed on settled days and not by the token: compared with nothing. */
  readonly other: BilledAmount;
  /** What a reader has to know, in sentences. */
  readonly notes: readonly string[];
  /** Requests to Cost Explorer, and what AWS charges for them. */
  readonly requests: number;
  readonly requestCostUsd: string;
}
