import type { PreparedDiscount } from './discounts';
import { divideHalfUp, usdToPico } from './pico';
import type { PricePeriod, Rates, TierRates } from './price-table';
import { type Factor, STANDARD, type TierName } from './tiers';
import { PRICE_BUCKETS, type SPEECH_BUCKETS } from '../../src/contract';
import type { TokenUsage } from '../usage/token-usage';

/** USD per million tokens. A bucket that is left out has no known price. */
export interface TokenRates {
  readonly input: number;
  /** Left out for embeddings, which have no output. */
  readonly output?: number;
  readonly cacheRead?: number;
  /** Cache writes with the default time to live. */
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** Speech tokens, which speech models bill apart from text. */
  readonly speechInput?: number;
  readonly speechOutput?: number;
}

/** What a model costs on demand, in the standard tier. */
export interface ModelPrice extends TokenRates {
  /** The rates of the whole call where its input tokens, cached ones included, are more than `above`. */
  readonly longPrompt?: TokenRates & { readonly above: number };
  /**
   * Rates of the tiers that AWS lists apart from the standard rates. Other tiers of the model cost a factor
   * of the standard rates. Default: none.
   */
  readonly tierRates?: Readonly<Partial<Record<TierName, TokenRates>>>;
  /** The day (UTC) on which the figures were last compared with their source. */
  readonly asOf: string;
  readonly source: string;
}

/** The billing buckets. */
export type Bucket = (typeof PRICE_BUCKETS)[number];
/** The billing buckets of speech models alone. */
export type SpeechBucket = (typeof SPEECH_BUCKETS)[number];

/** A value for each bucket. The speech buckets are there only if there are speech tokens. */
export type PerBucket<Value> = Readonly<Record<Exclude<Bucket, SpeechBucket>, Value>> &
  Readonly<Partial<Record<SpeechBucket, Value>>>;

/** Each bucket, and the tokens that are billed in it. */
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

/** A price with all that is computed of it once, so that a call costs a few multiplications. */
export interface PreparedPrice {
  readonly price: ModelPrice;
  /** What a tier costs of the standard rate; undefined where the model is not known to have it. */
  readonly factorOf: (tier: TierName) => Factor | undefined;
  readonly standard: PreparedRates;
  /** Tiers with rates of their own. They take precedence over the factor. */
  readonly tiers?: Readonly<Partial<Record<TierName, PreparedTier>>>;
  readonly longPrompt?: { readonly above: number; readonly rates: PreparedRates };
  /** Absent for a price of your own, and without a discount. */
  readonly discount?: PreparedDiscount;
  /** True for the global price of a bare id whose regional price may be the billed one. */
  readonly isLowerBound?: boolean;
}

/** A tier's own rates, and the price as which a cost shows them. */
interface PreparedTier {
  readonly price: ModelPrice;
  readonly rates: PreparedRates;
}

/** Pico-dollars for a million tokens of each bucket. */
export type PreparedRates = Readonly<Partial<Record<Bucket, bigint>>>;

/** What so many tokens cost at a rate and a factor of it, rounded half up to the pico-dollar, once. */
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
 * Prepares a price whose figures are numbers.
 *
 * @param tierRates the listed rates of tiers. Default: none
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

/** The price of a listed period. */
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
