import {
  type Discount,
  BUCKET_TOKENS,
  BUCKETS,
  costOf,
  type ModelPrice,
  type PerBucket,
  prepared,
  type PreparedPrice,
  type PreparedRates,
  priceOfPeriod,
  product,
  STANDARD,
} from './billing-buckets';
import type { Factor, TierName } from './list-prices/price-types';
import { listedFactor } from './list-prices/tier-factors';
import { type InferenceProfiles, ProfileResolver } from './model-id';
import { locateModelId } from './model-id';
import { picoToUsdNumber } from './pico';
import { type MoneyJson, withMoneyJson } from './pico';
import {
  type BareIdPrice,
  listedPrices,
  priceKey,
  DiscountBook,
  type Discounts,
  type CustomPrice,
  CustomPriceBook,
} from './price-lookup';
import { type TokenUsage, totalInputTokens } from '../usage/token-usage';

/**
 * Reason why a cost is a lower bound:
 * - `bareId`: the id is a bare Claude id (without a prefix such as `us.` or `global.`), and the region is not
 *   known. The cost is at the global price, but in a region the regional price applies, which is higher.
 * - `cacheWriteTtl`: the time to live of cache writes is not known. All are priced at the 5-minute rate,
 *   which is lower than the 1-hour rate.
 * - `speechTokens`: the usage of a speech model does not separate speech from text. All tokens are priced at
 *   the rate of text, which is lower.
 */
export type LowerBoundReason = 'bareId' | 'cacheWriteTtl' | 'speechTokens';

/** Cost of one invocation. */
export interface Cost {
  /** US dollars, for display and metrics. */
  readonly usd: number;
  /** Exact cost in pico-dollars. Add these up. */
  readonly picoUsd: bigint;
  /** Pico-dollars by bucket. Their sum is `picoUsd`. Speech buckets are present only with speech tokens. */
  readonly breakdown: PerBucket<bigint>;
  /**
   * Applied rates: those of the standard tier, of a long prompt, or of a tier with listed rates.
   */
  readonly price: ModelPrice;
  /** Priced tokens. `explain` shows them. */
  readonly usage?: TokenUsage;
  /**
   * Tier other than the standard one, with its factor. The factor is absent if `price` has the listed rates
   * of the tier.
   */
  readonly tier?: { readonly name: TierName; readonly factor?: number };
  /** Discount on the rate of each bucket. It is multiplied with the factor of the tier. */
  readonly discount?: Discount;
  /** Reasons why the cost is a lower bound. Absent if it is exact. */
  readonly lowerBound?: readonly LowerBoundReason[];
  /** Makes `JSON.stringify` work. Copies of a cost, such as `{ ...cost }`, do not have it. */
  toJSON?(): CostJson;
}

/** Cost in JSON. Money is exact decimals as text. */
export type CostJson = MoneyJson<Cost>;

/** Terms that decide the price of an invocation, beside its tokens. */
export interface PricedCall {
  /** Id or ARN that the caller passed. For a prompt router, the model that it invoked. */
  readonly modelId: string;
  /** Time of the invocation. Default: now. */
  readonly at?: Date;
  /**
   * Service tier of the response: `default`, `flex`, `priority`. `reserved` has no price per token.
   * Default: standard.
   */
  readonly serviceTier?: string;
  /** True if the invocation was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** True if the response states optimized latency. Default: false. */
  readonly latencyOptimized?: boolean;
  /** Region of the invocation. Default: that of the ARN, otherwise that of the calculator. */
  readonly region?: string;
}

/** Terms that several invocations have in common. */
export interface PricedSum extends PricedCall {
  /**
   * Model id with a price that is used instead of an opaque `modelId`, if the traces contain one. Default:
   * the model from `inferenceProfiles` or a look-up.
   */
  readonly standsFor?: string;
}

export interface CostCalculatorOptions {
  /**
   * Prices that take precedence over list prices: by model id as callers pass it, by id of the foundation
   * model, or by pattern with `*`.
   *
   * @default - none
   */
  readonly customPrices?: Readonly<Record<string, CustomPrice>>;
  /**
   * Discounts on list prices, such as `{ anthropic: 0.1 }` for 10 % less: by vendor, by model id or by
   * pattern with `*`. Custom prices have no discount.
   *
   * @default - none
   */
  readonly discounts?: Discounts;
  /**
   * List price for bare Claude ids (without a prefix such as `us.`) that have two list prices: global and
   * regional. AWS bills them at the regional price, which is 10 % higher. Most price tables have the global
   * price.
   *
   * @default - the regional price if the region is known, otherwise the global price as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * Region of the invocations, for models whose price differs by region. If the catalog lacks the price of
   * the region, the cost is unknown.
   *
   * @default - prices of the regions of the United States
   */
  readonly region?: string;
  /**
   * Models of application inference profiles and other opaque ids. The key is the opaque ARN, or its last
   * part. The value is a model id or ARN that has a price.
   *
   * @default - none: their invocations have no price
   */
  readonly inferenceProfiles?: InferenceProfiles;
}

const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard']);
const TIER_NAMES: ReadonlySet<string> = new Set<TierName>(['flex', 'priority']);

/** Maximum models whose prices are kept, counted for each region. */
const MAX_KEPT = 500;
/** Maximum characters of a key to keep: two model ids of 2,048 characters, and a region. */
const MAX_NAME_LENGTH = 4200;

/** Price with its period in epoch milliseconds. */
interface DatedPrice {
  readonly from: number;
  readonly until: number;
  readonly prepared: PreparedPrice;
}

/**
 * Prices tokens exactly, or not at all. The cost is unknown, neither 0 nor a guess, for an unknown model, a
 * bucket with tokens but no rate, a tier that the model does not have, or a region without a list price.
 */
export class CostCalculator {
  private readonly custom: CustomPriceBook;
  private readonly discounts: DiscountBook;
  private readonly bareIdPrice: BareIdPrice | undefined;
  private readonly region: string | undefined;
  /**
   * Prices by model id, for calls in the calculator's region with an id that is not opaque. Nearly all calls
   * are of this kind.
   */
  private readonly plain = new Map<string, readonly DatedPrice[]>();
  /** Prices by region, model id and resolved model. */
  private readonly special = new Map<string, readonly DatedPrice[]>();

  /**
   * @param profiles resolves opaque ids. Default: the models of `inferenceProfiles`
   * @throws RangeError if a custom price is negative, not finite or too high, or lacks input or output, or if
   * a discount is not from 0 to 1
   */
  constructor(
    { customPrices = {}, discounts = {}, bareIdPrice, region, inferenceProfiles }: CostCalculatorOptions = {},
    private readonly profiles = new ProfileResolver(inferenceProfiles),
  ) {
    this.custom = new CustomPriceBook(customPrices);
    this.discounts = new DiscountBook(discounts);
    this.bareIdPrice = bareIdPrice;
    this.region = region;
  }

  /** Returns the price of a model at a time (default: now), or undefined if no price is known. */
  price(modelId: string, at?: Date): ModelPrice | undefined {
    return this.priceAt({ modelId, at })?.price;
  }

  /** Returns the cost of an invocation, or undefined if the cost is not known. */
  calculate(usage: TokenUsage, call: PricedCall): Cost | undefined {
    const cost = this.calculateSum(usage, call, above => hasLongPrompt(usage, above));
    return cost && withMoneyJson({ ...cost, usage });
  }

  /**
   * Returns the cost of several invocations, from the sums of their tokens, or undefined if it is not known.
   *
   * @param isLong returns true if each invocation has more than `above` input tokens, false if none has, and
   * undefined if some may have
   * @internal
   */
  calculateSum(
    sums: TokenUsage,
    calls: PricedSum,
    isLong: (above: number) => boolean | undefined,
  ): Cost | undefined {
    const found = this.priceAt(calls);
    const tier = tierOf(calls);
    const listed = tier === undefined || tier === 'standard' ? undefined : found?.tiers?.[tier];
    const factor = tier === 'standard' || listed ? STANDARD : tier && found?.factorOf(tier);
    if (!found || !factor) return undefined;

    const isLongPrompt = found.longPrompt ? isLong(found.longPrompt.above) : false;
    if (isLongPrompt === undefined) return undefined;
    const long = isLongPrompt ? found.longPrompt : undefined;
    const rates = listed?.rates ?? long?.rates ?? found.standard;
    const { discount } = found;
    const billedFactor = discount ? product(factor, discount.factor) : factor;
    const breakdown: { -readonly [Name in keyof PerBucket<bigint>]: bigint } = {
      input: 0n,
      output: 0n,
      cacheRead: 0n,
      cacheWrite5m: 0n,
      cacheWrite1h: 0n,
    };
    let picoUsd = 0n;
    for (const bucket of BUCKETS) {
      const tokens = BUCKET_TOKENS[bucket](sums);
      if (tokens === 0) continue;
      const rate = rates[bucket];
      if (rate === undefined || !Number.isSafeInteger(tokens) || tokens < 0) return undefined;
      const ofBucket = costOf(tokens, rate, billedFactor);
      breakdown[bucket] = ofBucket;
      picoUsd += ofBucket;
    }
    const lowerBound = billedFactor.numerator > 0n ? lowerBoundOf(found, rates, sums) : [];
    return {
      usd: picoToUsdNumber(picoUsd),
      picoUsd,
      breakdown,
      price: listed?.price ?? (long ? longPriceOf(found.price) : found.price),
      ...(tier === undefined || tier === 'standard'
        ? {}
        : { tier: { name: tier, ...(listed ? {} : { factor: numberOf(factor) }) } }),
      ...(discount ? { discount: discount.shown } : {}),
      ...(lowerBound.length > 0 ? { lowerBound } : {}),
    };
  }

  private priceAt({ modelId, standsFor, region, at }: PricedSum): PreparedPrice | undefined {
    if (typeof modelId !== 'string') return undefined;
    const time = at === undefined ? Date.now() : new Date(at).getTime();
    for (const { from, until, prepared: price } of this.pricesOf(modelId, standsFor, region)) {
      if (time >= from && time < until) return price;
    }
    return undefined;
  }

  private pricesOf(
    modelId: string,
    standsFor: string | undefined,
    region = this.region,
  ): readonly DatedPrice[] {
    const resolved = standsFor ?? this.profiles.resolve(modelId);
    const isPlain = resolved === modelId && region === this.region;
    const cache = isPlain ? this.plain : this.special;
    const name = isPlain ? modelId : `${region ?? ''} ${modelId} ${resolved}`;
    const known = cache.get(name);
    if (known) return known;
    const prices = this.lookUp(modelId, resolved, region);
    if (name.length > MAX_NAME_LENGTH) return prices;
    if (cache.size >= MAX_KEPT) cache.clear();
    cache.set(name, prices);
    return prices;
  }

  private lookUp(modelId: string, resolved: string, region: string | undefined): readonly DatedPrice[] {
    const located = locateModelId(resolved);
    const { model } = located.parsed;
    const key = priceKey(model);
    const custom = this.custom.find([modelId, resolved, model], key);
    if (custom) return [{ from: -Infinity, until: Infinity, prepared: custom }];
    const billedRegion = locateModelId(modelId).parsed.region ?? region;
    const listed = listedPrices(located, billedRegion, this.bareIdPrice);
    if (!listed) return [];
    const { isLowerBound } = listed;
    const discount = this.discounts.find([modelId, resolved], located);
    return listed.periods.map(period => ({
      from: period.from === undefined ? -Infinity : Date.parse(period.from),
      until: period.until === undefined ? Infinity : Date.parse(period.until),
      prepared: {
        ...prepared(priceOfPeriod(period, listed), tier => listedFactor(tier, key), period.tierRates),
        discount,
        isLowerBound,
      },
    }));
  }
}

/**
 * Returns true if each prompt has more than `above` tokens; undefined if usage is the sum of several prompts.
 */
function hasLongPrompt(usage: TokenUsage, above: number): boolean | undefined {
  if (totalInputTokens(usage) <= above) return false;
  return (usage.calls ?? 1) > 1 ? undefined : true;
}

/** Returns a factor as a number. */
function numberOf({ numerator, denominator }: Factor): number {
  return Number(numerator) / Number(denominator);
}

function hasSpeechCounts({ speechInputTokens, speechOutputTokens }: TokenUsage): boolean {
  return speechInputTokens !== undefined || speechOutputTokens !== undefined;
}

/** Returns the reasons why the true cost may be higher. */
function lowerBoundOf(
  { isLowerBound }: PreparedPrice,
  { cacheWrite5m = 0n, cacheWrite1h = 0n, speechInput, speechOutput }: PreparedRates,
  usage: TokenUsage,
): LowerBoundReason[] {
  const hasTokens = totalInputTokens(usage) + usage.outputTokens > 0;
  return [
    ...(isLowerBound && hasTokens ? (['bareId'] as const) : []),
    ...(usage.cacheWriteTtlUnknown && usage.cacheWrite5mTokens > 0 && cacheWrite1h > cacheWrite5m
      ? (['cacheWriteTtl'] as const)
      : []),
    ...(hasTokens && (speechInput ?? speechOutput) !== undefined && !hasSpeechCounts(usage)
      ? (['speechTokens'] as const)
      : []),
  ];
}

/** Returns a price with the long-prompt rates as its rates. */
function longPriceOf({ longPrompt, asOf, source, ...rates }: ModelPrice): ModelPrice {
  const { above: _, ...long } = longPrompt ?? { above: 0, ...rates };
  return { ...long, longPrompt, asOf, source };
}

/**
 * Returns the tier of an invocation. Returns undefined if no price is known, for example with two tiers at
 * once.
 */
function tierOf({ serviceTier, batch, latencyOptimized }: PricedCall): TierName | 'standard' | undefined {
  const isStandard = serviceTier === undefined || STANDARD_TIERS.has(serviceTier);
  if (isStandard && !batch && !latencyOptimized) return 'standard';
  const tiers: (string | undefined)[] = [];
  if (!isStandard) tiers.push(TIER_NAMES.has(serviceTier) ? serviceTier : undefined);
  if (batch) tiers.push('batch');
  if (latencyOptimized) tiers.push('optimized');
  return tiers.length === 1 ? (tiers[0] as TierName | undefined) : undefined;
}
