import type { PRICE_TIERS } from '../../../src/contract';

/** Tiers and terms that are not billed at the standard rate. */
export type TierName = (typeof PRICE_TIERS)[number];

/** Factor of a rate as an exact fraction. */
export interface Factor {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Rates in USD per million tokens, as exact decimals in text. An absent bucket has no known price. */
export interface Rates {
  readonly input: string;
  /** Absent for embeddings, which have no output. */
  readonly output?: string;
  readonly cacheRead?: string;
  /** Cache writes with the default time to live, 5 minutes. */
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
  /** Speech tokens. Speech models bill them apart from text. */
  readonly speechInput?: string;
  readonly speechOutput?: string;
}

/** Rates by tier. */
export type TierRates = Readonly<Partial<Record<TierName, Rates>>>;

/** On-demand rates of a period. */
export interface PricePeriod {
  /** First day (UTC) of the period. Default: it has no start. */
  readonly from?: string;
  /** First day (UTC) after the period. Default: it has no end. */
  readonly until?: string;
  /** Rates of the standard tier. */
  readonly rates: Rates;
  /**
   * Rates of tiers that AWS lists as rounded numbers. Other tiers cost `rates` times their factor. Prices
   * with `longPrompt` do not have `tierRates`.
   */
  readonly tierRates?: TierRates;
  /** Rates for all tokens of an invocation with more than `above` input tokens, cached ones included. */
  readonly longPrompt?: { readonly above: number; readonly rates: Rates };
}

/**
 * Market of a price:
 * - `any`: all invocations without a more specific market.
 * - `global`: global inference profiles, if AWS lists two prices.
 * - `regional`: geographic inference profiles and in-region invocations, if AWS lists two prices.
 * - `us-gov`: invocations in GovCloud. They never have the price of another partition.
 * - a region, such as `eu-central-1`: invocations in that region, if AWS lists another price for it.
 */
export type Market = 'any' | 'global' | 'regional' | 'us-gov' | `${string}-${string}-${number}`;

/** Prices of a model by market. */
export type MarketPrices = { readonly [market in Market]?: readonly PricePeriod[] };

/** Prices by the id of the foundation model, without the default revision `:0`. */
export type PriceTable = Readonly<Record<string, MarketPrices>>;
