import type { PRICE_TIERS } from '../../../src/contract';

/** Tier, or other way to invoke a model, that AWS does not bill at the standard rate. */
export type TierName = (typeof PRICE_TIERS)[number];

/** Factor of a rate, as an exact fraction. */
export interface Factor {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Rates in USD per million tokens, as exact decimals in text. An absent rate is not known. */
export interface Rates {
  readonly input: string;
  /** Rate of output tokens. Absent for embedding models, which have no output. */
  readonly output?: string;
  readonly cacheRead?: string;
  /** Rate of cache writes with the default time to live, 5 minutes. */
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
  /** Rate of speech input tokens. Speech models have separate rates for speech and text. */
  readonly speechInput?: string;
  readonly speechOutput?: string;
}

/** Rates of tiers that have rates of their own in the AWS price list. */
export type TierRates = Readonly<Partial<Record<TierName, Rates>>>;

/** On-demand rates that are valid for a period. */
export interface PricePeriod {
  /** First day (UTC) of the period. Default: the period has no start. */
  readonly from?: string;
  /** First day (UTC) after the period. Default: the period has no end. */
  readonly until?: string;
  /** Rates of the standard tier. */
  readonly rates: Rates;
  /**
   * Rates of tiers that have rounded rates of their own in the AWS price list. Every other tier costs `rates`
   * times the factor of the tier. A price never has both `tierRates` and `longPrompt`.
   */
  readonly tierRates?: TierRates;
  /**
   * Rates of long prompts. They apply to all tokens of an invocation that has more than `above` input tokens.
   * Cached tokens count as input tokens.
   */
  readonly longPrompt?: { readonly above: number; readonly rates: Rates };
}

/**
 * Group of invocations that have the same price:
 * - `any`: invocations that belong to no other market.
 * - `global`: invocations of a global inference profile, if AWS lists a global and a regional price.
 * - `regional`: invocations of a geographic inference profile or in one region, if AWS lists a global and a
 *   regional price.
 * - `us-gov`: invocations in GovCloud. They never have the price of a region outside GovCloud.
 * - a region, such as `eu-central-1`: invocations in this region, if AWS lists a price for the region.
 */
export type Market = 'any' | 'global' | 'regional' | 'us-gov' | `${string}-${string}-${number}`;

/** Prices of one model for each market. */
export type MarketPrices = { readonly [market in Market]?: readonly PricePeriod[] };

/** Prices of models. The key is the id of the foundation model, without the default revision `:0`. */
export type PriceTable = Readonly<Record<string, MarketPrices>>;
