import type { Factor, PricePeriod, Rates, TierName, TierRates } from './list-prices/price-types';
import { divideHalfUp, usdToPico } from './pico';
import { PRICE_BUCKETS, type SPEECH_BUCKETS } from '../../src/contract';
import type { TokenUsage } from '../usage/token-usage';

/** Factor for the standard tier: 1, because list prices are the prices of this tier. */
export const STANDARD: Factor = { numerator: 1n, denominator: 1n };

/** Rates in USD per million tokens. An absent rate is not known. */
export interface TokenRates {
  readonly input: number;
  /** Rate of output tokens. Absent for embedding models, which have no output. */
  readonly output?: number;
  readonly cacheRead?: number;
  /** Rate of cache writes with the default time to live, 5 minutes. */
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** Rate of speech input tokens. Speech models have separate rates for speech and text. */
  readonly speechInput?: number;
  readonly speechOutput?: number;
}

/** On-demand price of a model in the standard tier. */
export interface ModelPrice extends TokenRates {
  /**
   * Rates of invocations with more than `above` input tokens. The rates apply to all tokens of such an
   * invocation. Cached tokens count as input tokens.
   */
  readonly longPrompt?: TokenRates & { readonly above: number };
  /**
   * Separate rates of tiers in the AWS price list, e.g. of `flex`. For all other tiers, a factor multiplies
   * the standard rates. Default: none.
   */
  readonly tierRates?: Readonly<Partial<Record<TierName, TokenRates>>>;
  /** Day (UTC) on which the rates were last compared with their source. */
  readonly asOf: string;
  readonly source: string;
}

/** Kind of token with a rate of its own, such as input tokens or cache reads. */
export type Bucket = (typeof PRICE_BUCKETS)[number];
/** Kind of token that exists only for speech models. */
export type SpeechBucket = (typeof SPEECH_BUCKETS)[number];

/**
 * One value for each billing bucket, e.g. for `input` and `cacheRead`. Speech buckets are present only if
 * there are speech tokens.
 */
export type PerBucket<Value> = Readonly<Record<Exclude<Bucket, SpeechBucket>, Value>> &
  Readonly<Partial<Record<SpeechBucket, Value>>>;

/** For each bucket, a function that returns the number of tokens that are billed in this bucket. */
export const BUCKET_TOKENS: Readonly<Record<Bucket, (usage: TokenUsage) => number>> = {
  input: usage => withoutSpeech(usage.uncachedInputTokens, usage.speechInputTokens),
  output: usage => withoutSpeech(usage.outputTokens, usage.speechOutputTokens),
  cacheRead: usage => usage.cacheReadTokens,
  cacheWrite5m: usage => usage.cacheWrite5mTokens,
  cacheWrite1h: usage => usage.cacheWrite1hTokens,
  speechInput: usage => usage.speechInputTokens ?? 0,
  speechOutput: usage => usage.speechOutputTokens ?? 0,
};
export const BUCKETS: readonly Bucket[] = PRICE_BUCKETS;

const TOKENS_PER_RATE = 1_000_000n;

/** Discount on a list price. */
export interface Discount {
  /** Vendor, model id or pattern for which the discount was configured, e.g. `anthropic`. */
  readonly name: string;
  /** Discount as a fraction of the list price, from 0 to 1. For example, 0.1 means 10 % less. */
  readonly share: number;
}

/** Discount, prepared for exact arithmetic. For a discount of 10 %, `factor` is 9/10. */
export interface PreparedDiscount {
  readonly shown: Discount;
  readonly factor: Factor;
}

/**
 * Price of a model, prepared for exact arithmetic. The preparation happens once for each model, not for each
 * invocation.
 */
export interface PreparedPrice {
  readonly price: ModelPrice;
  /**
   * Returns the factor of a tier, which multiplies the standard rates. Returns undefined if no factor is
   * known for the tier.
   */
  readonly factorOf: (tier: TierName) => Factor | undefined;
  readonly standard: PreparedRates;
  /**
   * Rates of tiers for which the AWS price list has separate rates. For these tiers, `factorOf` is not used.
   */
  readonly tiers?: Readonly<Partial<Record<TierName, PreparedTier>>>;
  readonly longPrompt?: { readonly above: number; readonly rates: PreparedRates };
  /** Discount on the price. Absent if no discount applies. Custom prices have no discount. */
  readonly discount?: PreparedDiscount;
  /**
   * True if the true price may be higher. The model id has no prefix such as `us.`, and `price` is the global
   * price. AWS may bill the higher regional price.
   */
  readonly isLowerBound?: boolean;
}

/**
 * Rates of a tier that has separate rates in the AWS price list. `price` is for display, and `rates` is for
 * exact arithmetic.
 */
interface PreparedTier {
  readonly price: ModelPrice;
  readonly rates: PreparedRates;
}

/** Rates in pico-dollars per million tokens. */
export type PreparedRates = Readonly<Partial<Record<Bucket, bigint>>>;

/**
 * Returns the cost of tokens in pico-dollars. `picoPerMillion` is the price of a million tokens, and `factor`
 * multiplies it. The result is rounded once, half up.
 */
export function costOf(tokens: number, picoPerMillion: bigint, factor: Factor = STANDARD): bigint {
  const atStandardRate = BigInt(tokens) * picoPerMillion;
  return factor === STANDARD
    ? divideHalfUp(atStandardRate, TOKENS_PER_RATE)
    : divideHalfUp(atStandardRate * factor.numerator, TOKENS_PER_RATE * factor.denominator);
}

export function product(one: Factor, other: Factor): Factor {
  return {
    numerator: one.numerator * other.numerator,
    denominator: one.denominator * other.denominator,
  };
}

/**
 * Adds the rates in pico-dollars to a price, for exact arithmetic.
 *
 * @param factorOf returns the factor of a tier without separate rates
 * @param tierRates separate rates of tiers in the AWS price list. Default: none
 */
export function prepared(
  price: ModelPrice,
  factorOf: PreparedPrice['factorOf'],
  tierRates?: TierRates,
): PreparedPrice {
  const { longPrompt } = price;
  return {
    price,
    factorOf,
    standard: ratesOf(price),
    ...(tierRates ? { tiers: tiersOf(tierRates, price) } : {}),
    ...(longPrompt ? { longPrompt: { above: longPrompt.above, rates: ratesOf(longPrompt) } } : {}),
  };
}

/** Converts the prices of a period from text to numbers. */
export function priceOfPeriod(
  { rates, tierRates, longPrompt }: PricePeriod,
  { asOf, source }: { readonly asOf: string; readonly source: string },
): ModelPrice {
  return {
    ...numbersOf(rates),
    ...(longPrompt ? { longPrompt: { above: longPrompt.above, ...numbersOf(longPrompt.rates) } } : {}),
    ...(tierRates ? { tierRates: byTier(tierRates, numbersOf) } : {}),
    asOf,
    source,
  };
}

function tiersOf(tierRates: TierRates, { asOf, source }: ModelPrice): PreparedPrice['tiers'] {
  return byTier(tierRates, rates => {
    const numbers = numbersOf(rates);
    return { price: { ...numbers, asOf, source }, rates: ratesOf(numbers) };
  });
}

function byTier<Value>(
  tierRates: TierRates,
  valueOf: (rates: Rates) => Value,
): Partial<Record<TierName, Value>> {
  return Object.fromEntries(Object.entries(tierRates).map(([tier, rates]) => [tier, valueOf(rates)]));
}

/**
 * Returns the tokens without speech tokens: `all` minus `speech`. If an untyped caller passes a value that is
 * not a number, returns NaN, and the cost is unknown.
 */
function withoutSpeech(all: number, speech: number | undefined): number {
  if (speech === undefined) return all;
  return typeof all === 'number' && typeof speech === 'number' ? all - speech : NaN;
}

function ratesOf(rates: TokenRates): PreparedRates {
  return Object.fromEntries(
    BUCKETS.flatMap(bucket => {
      const rate = rates[bucket];
      return rate === undefined ? [] : [[bucket, usdToPico(rate)]];
    }),
  );
}

function numbersOf(rates: Rates): TokenRates {
  const numbers = Object.fromEntries(Object.entries(rates).map(([bucket, rate]) => [bucket, Number(rate)]));
  return { input: Number(rates.input), ...numbers };
}
