import type { PRICE_TIERS } from '../../../src/contract';

/** Way to invoke a model at a separate rate, e.g. the tier `flex` or `batch`. */
export type TierName = (typeof PRICE_TIERS)[number];

/** Factor that multiplies a rate, as an exact fraction, e.g. 1/2 for the batch tier. */
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

/** Rates of the tiers for which the AWS price list has separate rates. */
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
   * Separate, rounded rates of tiers in the AWS price list. For all other tiers, a factor multiplies `rates`.
   * Never present together with `longPrompt`.
   */
  readonly tierRates?: TierRates;
  /**
   * Rates of invocations with more than `above` input tokens. The rates apply to all tokens of such an
   * invocation. Cached tokens count as input tokens.
   */
  readonly longPrompt?: { readonly above: number; readonly rates: Rates };
}

/**
 * Group of invocations that have the same price:
 * - `global`: invocations of a global inference profile, if AWS lists both a global and a regional price.
 * - `regional`: invocations of a geographic inference profile or without a profile, if AWS lists both prices.
 * - `us-gov`: invocations in GovCloud regions.
 * - a region, such as `eu-central-1`: invocations in this region, if AWS lists a price for the region.
 * - `any`: all other invocations, except in GovCloud regions.
 */
export type Market = 'any' | 'global' | 'regional' | 'us-gov' | `${string}-${string}-${number}`;

/** Prices of one model by market. A market has several periods if its price has changed. */
export type MarketPrices = { readonly [market in Market]?: readonly PricePeriod[] };

/** Prices of models. The key is the id of the foundation model, without the default revision `:0`. */
export type PriceTable = Readonly<Record<string, MarketPrices>>;
