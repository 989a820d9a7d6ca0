import {
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
import type { Cost, LowerBoundReason, MutableCost } from './cost';
import { DiscountBook, type Discounts, type CustomPrice, CustomPriceBook } from './custom-prices';
import type { Factor, TierName } from './list-prices/price-types';
import { listedFactor } from './list-prices/tier-factors';
import { type InferenceProfiles, ProfileResolver } from './model-id';
import { locateModelId } from './model-id';
import { picoToUsdNumber, withMoneyJson } from './pico';
import { type BareIdPrice, listedPrices, priceKey } from './price-lookup';
import { addUnits } from './unit-costs';
import { PRICE_TIERS } from '../../src/contract';
import type { Uncounted, Units } from '../usage/billed-units';
import { type TokenUsage, totalInputTokens } from '../usage/token-usage';

/** Model, time, tier and region of an invocation. Together with the token counts, they determine the cost. */
export interface PricedCall {
  /**
   * Model id or ARN that the caller passed. For a prompt router, the id of the model that the router chose.
   */
  readonly modelId: string;
  /** Time of the invocation. Default: now. */
  readonly at?: Date;
  /**
   * Service tier that the response names: `default`, `flex` or `priority`. For `reserved`, the cost is
   * unknown, because this tier has no price per token. Default: the standard tier.
   */
  readonly serviceTier?: string;
  /** True if the invocation was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** True if the response says that latency was optimized. Default: false. */
  readonly latencyOptimized?: boolean;
  /**
   * Region of the invocation. If `modelId` is an ARN with a region, that region applies instead. Default: the
   * region of the calculator.
   */
  readonly region?: string;
  /** Billed units besides tokens. Default: none. */
  readonly units?: Units;
  /** Billed units whose number is not known. The cost is then a lower bound. Default: none. */
  readonly uncounted?: readonly Uncounted[];
}

/** Model, time, tier and region of several invocations. They are the same for all of these invocations. */
export interface PricedSum extends Omit<PricedCall, 'units' | 'uncounted'> {
  /**
   * Id of the billed model, e.g. if `modelId` is an application inference profile. Default: the model from
   * `inferenceProfiles` or from a look-up in Bedrock.
   */
  readonly standsFor?: string;
}

export interface CostCalculatorOptions {
  /**
   * Prices that take precedence over list prices. Each key is a model id or ARN that callers pass, the id of
   * a foundation model, or a pattern with `*`.
   *
   * @default - none
   */
  readonly customPrices?: Readonly<Record<string, CustomPrice>>;
  /**
   * Discounts on list prices. For example, `{ anthropic: 0.1 }` makes Anthropic models 10 % cheaper. Each key
   * is a vendor, a model id or a pattern with `*`. Custom prices have no discount.
   *
   * @default - none
   */
  readonly discounts?: Discounts;
  /**
   * List price for Claude model ids without a prefix such as `us.`: `global` or `in-region`. AWS bills such
   * ids at the regional price. For some Claude models, the regional price is 10 % higher than the global
   * price.
   *
   * @default - the regional price if the region is known, otherwise the global price, marked as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * Region of the invocations. Only some models have prices that differ by region. If the catalog has no
   * price of such a model for the region, the cost is unknown.
   *
   * @default - prices of regions in the United States
   */
  readonly region?: string;
  /**
   * Models of application inference profiles and other ARNs without a model name. Each key is such an ARN, or
   * the part after its last `/`. Each value is the id or ARN of the model.
   *
   * @default - none: invocations with such ARNs have no price
   */
  readonly inferenceProfiles?: InferenceProfiles;
}

/** Uncounted tokens that are ignored for models without a price for cache reads. */
const CACHE_TOKENS: Uncounted = 'cacheTokens';
const NO_REASONS: readonly LowerBoundReason[] = [];

const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard']);
const TIER_NAMES: ReadonlySet<string> = new Set<TierName>(['flex', 'priority']);
/** Names of all known service tiers. `reserved` has no price per token. */
export const NAMED_TIERS: ReadonlySet<string> = new Set([...STANDARD_TIERS, ...PRICE_TIERS, 'reserved']);

/** Maximum number of entries in each cache of prices. A model that is used in two regions has two entries. */
const MAX_KEPT = 500;
/** Maximum number of characters of a cache key: two model ids of 2,048 characters each, and a region. */
const MAX_NAME_LENGTH = 4200;

/** Price that is valid at and after `from`, and before `until`. Both are epoch milliseconds. */
interface DatedPrice {
  readonly from: number;
  readonly until: number;
  readonly prepared: PreparedPrice;
}

/**
 * Computes exact costs from token counts. The cost is undefined if no price is known, e.g. for an unknown
 * model or tier.
 */
export class CostCalculator {
  private readonly custom: CustomPriceBook;
  private readonly discounts: DiscountBook;
  private readonly bareIdPrice: BareIdPrice | undefined;
  private readonly region: string | undefined;
  /**
   * Cached prices in the calculator's region, by model id. Ids without a model name, such as ARNs of
   * application inference profiles, are in `special`.
   */
  private readonly plain = new Map<string, readonly DatedPrice[]>();
  /**
   * Cached prices of ids without a model name, and of other regions. The key consists of region, model id and
   * resolved model.
   */
  private readonly special = new Map<string, readonly DatedPrice[]>();

  /**
   * Creates a calculator.
   *
   * @param profiles finds the model of an id that does not contain the model. Default: a resolver that knows
   * only `inferenceProfiles`
   * @throws RangeError if a custom price has no `input` or no `output`
   * @throws RangeError if a rate is negative, not finite or too high
   * @throws RangeError if a discount is not from 0 to 1
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

  /**
   * Returns the price of a model at the time `at`, by default now. Returns undefined if no price is known.
   */
  price(modelId: string, at?: Date): ModelPrice | undefined {
    return this.priceAt({ modelId, at })?.price;
  }

  /**
   * Returns the cost of an invocation, or undefined if the cost is not known.
   *
   * @param usage token counts. Undefined if they are not known, or if the invocation is billed by units alone
   */
  calculate(usage: TokenUsage | undefined, call: PricedCall): Cost | undefined {
    const cost = usage && this.calculateSum(usage, call, above => hasLongPrompt(usage, above));
    if (cost) cost.usage = usage;
    if (!call.units && !call.uncounted) return cost && withMoneyJson(cost);
    const { model, vendor } = locateModelId(this.profiles.resolve(call.modelId)).parsed;
    const uncounted = call.uncounted?.filter(name => name !== CACHE_TOKENS || hasCacheReads(cost));
    const whole = addUnits(cost, { units: call.units, uncounted }, { key: priceKey(model), vendor });
    return whole && withMoneyJson(whole);
  }

  /**
   * Computes the cost of several invocations from the sums of their tokens. Returns undefined if the cost is
   * not known.
   *
   * @param isLong returns true if all invocations have more than `above` input tokens, and false if none has.
   * Returns undefined if only some have, or if the numbers are not known
   * @internal
   */
  calculateSum(
    sums: TokenUsage,
    calls: PricedSum,
    isLong: (above: number) => boolean | undefined,
  ): MutableCost | undefined {
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
    const cost: MutableCost = {
      usd: picoToUsdNumber(picoUsd),
      picoUsd,
      breakdown,
      price: listed?.price ?? (long ? longPriceOf(found.price) : found.price),
    };
    if (tier !== undefined && tier !== 'standard') {
      cost.tier = listed ? { name: tier } : { name: tier, factor: numberOf(factor) };
    }
    if (discount) cost.discount = discount.shown;
    const lowerBound = billedFactor.numerator > 0n ? lowerBoundOf(found, rates, sums) : NO_REASONS;
    if (lowerBound.length > 0) cost.lowerBound = lowerBound;
    return cost;
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
 * Returns true if a prompt has more than `above` tokens, otherwise false. Returns undefined if `usage` sums
 * several prompts, and their total is above the limit.
 */
function hasLongPrompt(usage: TokenUsage, above: number): boolean | undefined {
  if (totalInputTokens(usage) <= above) return false;
  return (usage.calls ?? 1) > 1 ? undefined : true;
}

/** Returns true if the model of a cost has a price for cache reads. */
function hasCacheReads(cost: Cost | undefined): boolean {
  return (cost?.price.cacheRead ?? 0) > 0;
}

function numberOf({ numerator, denominator }: Factor): number {
  return Number(numerator) / Number(denominator);
}

function hasSpeechCounts({ speechInputTokens, speechOutputTokens }: TokenUsage): boolean {
  return speechInputTokens !== undefined || speechOutputTokens !== undefined;
}

/** Returns the reasons why the true cost may be higher than the computed cost. */
function lowerBoundOf(
  { isLowerBound }: PreparedPrice,
  { cacheWrite5m = 0n, cacheWrite1h = 0n, speechInput, speechOutput }: PreparedRates,
  usage: TokenUsage,
): readonly LowerBoundReason[] {
  const isTtlOpen = usage.cacheWriteTtlUnknown && usage.cacheWrite5mTokens > 0 && cacheWrite1h > cacheWrite5m;
  const isSpeechOpen = (speechInput ?? speechOutput) !== undefined && !hasSpeechCounts(usage);
  if (!isLowerBound && !isTtlOpen && !isSpeechOpen) return NO_REASONS;
  const hasTokens = totalInputTokens(usage) + usage.outputTokens > 0;
  return [
    ...(isLowerBound && hasTokens ? (['bareId'] as const) : []),
    ...(isTtlOpen ? (['cacheWriteTtl'] as const) : []),
    ...(isSpeechOpen && hasTokens ? (['speechTokens'] as const) : []),
  ];
}

/** Returns a copy of a price in which the rates for long prompts replace the standard rates. */
function longPriceOf({ longPrompt, asOf, source, ...rates }: ModelPrice): ModelPrice {
  const { above: _, ...long } = longPrompt ?? { above: 0, ...rates };
  return { ...long, longPrompt, asOf, source };
}

/**
 * Returns the tier of an invocation. Returns undefined if two tiers apply at once, or if the tier, e.g.
 * `reserved`, has no price per token.
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
