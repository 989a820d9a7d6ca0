import type { Factor, PricePeriod, Rates, TierName, TierRates } from './list-prices/price-types';
import { divideHalfUp, usdToPico } from './pico';
import { PRICE_BUCKETS, type SPEECH_BUCKETS } from '../../src/contract';
import type { TokenUsage } from '../usage/token-usage';

/** Factor of the standard rate. */
export const STANDARD: Factor = { numerator: 1n, denominator: 1n };

/** Rates in USD per million tokens. An absent bucket has no known price. */
export interface TokenRates {
  readonly input: number;
  /** Absent for embeddings, which have no output. */
  readonly output?: number;
  readonly cacheRead?: number;
  /** Cache writes with the default time to live, 5 minutes. */
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** Speech tokens. Speech models bill them apart from text. */
  readonly speechInput?: number;
  readonly speechOutput?: number;
}

/** On-demand price of a model in the standard tier. */
export interface ModelPrice extends TokenRates {
  /** Rates for all tokens of an invocation with more than `above` input tokens, cached ones included. */
  readonly longPrompt?: TokenRates & { readonly above: number };
  /**
   * Rates of tiers that AWS lists apart from the standard rates. Other tiers of the model cost the standard
   * rates times a factor. Default: none.
   */
  readonly tierRates?: Readonly<Partial<Record<TierName, TokenRates>>>;
  /** Day (UTC) on which the rates were last compared with their source. */
  readonly asOf: string;
  readonly source: string;
}

/** Billing bucket of tokens. */
export type Bucket = (typeof PRICE_BUCKETS)[number];
/** Billing bucket that only speech models have. */
export type SpeechBucket = (typeof SPEECH_BUCKETS)[number];

/** Value of each bucket. Speech buckets are present only with speech tokens. */
export type PerBucket<Value> = Readonly<Record<Exclude<Bucket, SpeechBucket>, Value>> &
  Readonly<Partial<Record<SpeechBucket, Value>>>;

/** Functions that count the billed tokens of each bucket. */
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
  /** Vendor, model id or pattern of the discount. */
  readonly name: string;
  /** Share of the list price, 0 to 1: 0.1 is 10 % less. */
  readonly share: number;
}

/** Discount with the factor that remains of the list price. */
export interface PreparedDiscount {
  readonly shown: Discount;
  readonly factor: Factor;
}

/** Price with exact rates, computed once, so that pricing an invocation takes a few multiplications. */
export interface PreparedPrice {
  readonly price: ModelPrice;
  /** Returns the factor of a tier, or undefined if the model is not known to have the tier. */
  readonly factorOf: (tier: TierName) => Factor | undefined;
  readonly standard: PreparedRates;
  /** Tiers with rates of their own. They take precedence over the factor. */
  readonly tiers?: Readonly<Partial<Record<TierName, PreparedTier>>>;
  readonly longPrompt?: { readonly above: number; readonly rates: PreparedRates };
  /** Absent for custom prices, and if no discount applies. */
  readonly discount?: PreparedDiscount;
  /** True for the global price of a bare id, if AWS may bill the regional price instead. */
  readonly isLowerBound?: boolean;
}

/** Listed rates of a tier: exact for arithmetic, and as a price for display. */
interface PreparedTier {
  readonly price: ModelPrice;
  readonly rates: PreparedRates;
}

/** Rates in pico-dollars per million tokens. */
export type PreparedRates = Readonly<Partial<Record<Bucket, bigint>>>;

/** Returns the cost of tokens at a rate times a factor, in pico-dollars. It is rounded once, half up. */
export function costOf(tokens: number, picoPerMillion: bigint, factor: Factor = STANDARD): bigint {
  const atStandardRate = BigInt(tokens) * picoPerMillion;
  return factor === STANDARD
    ? divideHalfUp(atStandardRate, TOKENS_PER_RATE)
    : divideHalfUp(atStandardRate * factor.numerator, TOKENS_PER_RATE * factor.denominator);
}

/** Multiplies two factors. */
export function product(one: Factor, other: Factor): Factor {
  return {
    numerator: one.numerator * other.numerator,
    denominator: one.denominator * other.denominator,
  };
}

/**
 * Computes the exact rates of a price.
 *
 * @param tierRates listed rates of tiers. Default: none
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

/** Returns the price of a listed period. */
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
 * Subtracts speech tokens. Returns NaN, which has no cost, if an untyped caller passed anything but numbers.
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
