import type { TierName } from './tiers';

/**
 * USD per million tokens, as decimals in text so that no digit
 * is lost. A bucket that is left out has no known price.
 */
export interface Rates {
  readonly input: string;
  /** Left out for embeddings, which have no output. */
  readonly output?: string;
  readonly cacheRead?: string;
  /** Cache writes with the default time to live. */
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
  /** Speech tokens, which speech models bill apart from text. */
  readonly speechInput?: string;
  readonly speechOutput?: string;
}

/** Rates by tier. */
export type TierRates = Readonly<Partial<Record<TierName, Rates>>>;

/** The rates of a time, on demand. */
export interface PricePeriod {
  /** First day (UTC) on which the price holds. Default: always before, too. */
  readonly from?: string;
  /** First day (UTC) on which the price no longer holds. Default: it still does. */
  readonly until?: string;
  /** Rates of the standard tier. */
  readonly rates: Rates;
  /**
   * Rates of the tiers that AWS lists at rates of their own, rounded. Other tiers cost their factor of
   * `rates`. A price with a long-prompt step has none.
   */
  readonly tierRates?: TierRates;
  /** Rates of the whole call where all input tokens together, cached ones included, are more than `above`. */
  readonly longPrompt?: { readonly above: number; readonly rates: Rates };
}

/**
 * Where a price holds:
 * - `any`: for every call, unless a market below has another price;
 * - `global` and `regional`: for global inference profiles, and for
 *   geographic profiles and in-region calls, where AWS lists two prices;
 * - `us-gov`: for calls in GovCloud, whose prices are never another partition's;
 * - a region, such as `eu-central-1`: for calls of that region, where AWS lists another price there.
 */
export type Market = 'any' | 'global' | 'regional' | 'us-gov' | `${string}-${string}-${number}`;

/** One model's prices by market. */
export type MarketPrices = { readonly [market in Market]?: readonly PricePeriod[] };

/**
 * Prices by model: the foundation model's id without the
 * revision `:0`, which is the one that goes without saying.
 */
export type PriceTable = Readonly<Record<string, MarketPrices>>;
