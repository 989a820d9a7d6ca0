import type { Discount, ModelPrice, PerBucket } from './billing-buckets';
import type { TierName } from './list-prices/price-types';
import type { MoneyJson } from './pico';
import type { Unit } from '../usage/billed-units';
import type { TokenUsage } from '../usage/token-usage';

/**
 * Reason why the true cost may be higher than the computed cost:
 * - `bareId`: a Claude model id has no prefix such as `us.` or `global.`, and the region is not known. The
 *   cost is computed with the global price. The regional price is higher.
 * - `cacheWriteTtl`: the time to live of cache writes is not known. The cost is computed with the 5-minute
 *   rate. The 1-hour rate is higher.
 * - `cacheTokens`: the source of the usage, e.g. an OpenTelemetry span, does not report cached tokens. This
 *   reason applies only to models with a price for cache reads.
 * - `guardrailUnits`: a guardrail checked the call, and the response does not contain all its text units. An
 *   example is a request that does not enable the guardrail trace.
 * - `searchUnits`: a rerank model had long documents. Bedrock counts such a document several times.
 * - `unitPrice`: no price is known for one of the billed units besides tokens.
 * - `speechTokens`: the response of a speech model does not count speech and text separately. The cost is
 *   computed with the rate of text. The rate of speech is higher.
 */
export type LowerBoundReason =
  | 'bareId'
  | 'cacheWriteTtl'
  | 'cacheTokens'
  | 'guardrailUnits'
  | 'searchUnits'
  | 'unitPrice'
  | 'speechTokens';

/** Cost of one invocation. */
export interface Cost {
  /** Cost in US dollars, for display and metrics. Use `picoUsd` for sums. */
  readonly usd: number;
  /** Exact cost in pico-dollars. Use this value for sums. */
  readonly picoUsd: bigint;
  /**
   * Cost of each bucket of tokens in pico-dollars. The sum of all buckets and of `units` is `picoUsd`. A
   * speech bucket is present only if there are speech tokens.
   */
  readonly breakdown: PerBucket<bigint>;
  /**
   * Rates that were applied. Depending on the invocation, these are the standard rates, the rates of long
   * prompts, or the separate rates of a tier.
   */
  readonly price: ModelPrice;
  /** Token counts that were priced. `explain` shows them. */
  readonly usage?: TokenUsage;
  /**
   * Tier of the invocation. Undefined for the standard tier. `factor` multiplies the rates in `price`. If
   * `price` already has the rates of the tier, `factor` is undefined.
   */
  readonly tier?: { readonly name: TierName; readonly factor?: number };
  /** Discount on all rates. It applies in addition to the factor of the tier. */
  readonly discount?: Discount;
  /**
   * Cost of each billed unit besides tokens, such as text units of a guardrail. It is part of `picoUsd`.
   * Absent if there are no such units.
   */
  readonly units?: readonly UnitCost[];
  /** Reasons why the true cost may be higher. Absent if the cost is exact. */
  readonly lowerBound?: readonly LowerBoundReason[];
  /**
   * Returns the cost as JSON. `JSON.stringify` calls this method, because it cannot convert the bigints of a
   * cost itself. Copies of a cost, such as `{ ...cost }`, do not have this method.
   */
  toJSON?(): CostJson;
}

/** Cost while it is computed. */
export type MutableCost = { -readonly [Name in keyof Cost]: Cost[Name] };

/** JSON form of a cost. Amounts of money are exact decimals in text. */
export type CostJson = MoneyJson<Cost>;

/** Number of one billed unit in an invocation, with its price and its cost. */
export interface UnitCost {
  readonly unit: Unit;
  readonly quantity: number;
  /** Price of one unit in US dollars, as exact decimal text. Undefined if no price is known. */
  readonly usdPerUnit?: string;
  /** Exact cost in pico-dollars. Undefined if no price is known. */
  readonly picoUsd?: bigint;
  /** Day (UTC) on which the price was read from its source. */
  readonly asOf?: string;
  readonly source?: string;
}
