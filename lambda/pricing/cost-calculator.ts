import { type CustomPrice, CustomPriceBook } from './custom-prices';
import { type Discount, DiscountBook, type Discounts } from './discounts';
import { type InferenceProfiles, ProfileResolver } from './inference-profiles';
import type { LowerBoundReason } from './lower-bound';
import { locateModelId } from './model-id';
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
} from './model-price';
import { type MoneyJson, withMoneyJson } from './money-json';
import { picoToUsdNumber } from './pico';
import { type BareIdPrice, listedPrices, priceKey } from './price-book';
import { type Factor, listedFactor, STANDARD, type TierName } from './tiers';
import { type TokenUsage, totalInputTokens } from '../usage/token-usage';

/** What one call cost. */
export interface Cost {
  /** For showing and for metrics. */
  readonly usd: number;
  /** Exact, in pico-dollars: what sums are made of. */
  readonly picoUsd: bigint;
  /** Pico-dollars of each bucket; they add up to `picoUsd`. Speech buckets need speech tokens. */
  readonly breakdown: PerBucket<bigint>;
  /**
   * Rates that were applied: those of the standard tier, of a long prompt, or of a tier with its own rates.
   */
  readonly price: ModelPrice;
  /** The tokens that were priced; `explain` shows them. */
  readonly usage?: TokenUsage;
  /**
   * Tier other than the standard one, with its factor. The factor is absent if `price` has the tier's own
   * rates.
   */
  readonly tier?: { readonly name: TierName; readonly factor?: number };
  /** Discount that is taken off: from each bucket, together with the factor of the tier. */
  readonly discount?: Discount;
  /** Reasons for which the call costs at least this much. Absent if this is the whole cost. */
  readonly lowerBound?: readonly LowerBoundReason[];
  /** Makes `JSON.stringify` work. Copies of a cost, such as `{ ...cost }`, do not have it. */
  toJSON?(): CostJson;
}

/** A cost in JSON: its money is exact decimals as text. */
export type CostJson = MoneyJson<Cost>;

/** What a price depends on beside the tokens. */
export interface PricedCall {
  /** Id or ARN, as the caller gave it. Of a prompt router, the model that it invoked. */
  readonly modelId: string;
  /** When the call was made. Default: now. */
  readonly at?: Date;
  /**
   * The tier that served the call, as the response says it: `default`,
   * `flex`, `priority`. `reserved` has no price a token. Default: standard.
   */
  readonly serviceTier?: string;
  /** Whether the call was part of a batch job. Default: false. */
  readonly batch?: boolean;
  /** Whether the call ran with optimized latency, as the response says it. Default: false. */
  readonly latencyOptimized?: boolean;
  /** The region in which the call was made. Default: the ARN's, else the calculator's. */
  readonly region?: string;
}

/**
 * What the price of several calls depends on that have all of it in common.
 */
export interface PricedSum extends PricedCall {
  /**
   * An id that a price is known of, where `modelId` does not tell its model
   * and the record of the calls does. Default: what the profiles say.
   */
  readonly standsFor?: string;
}

export interface CostCalculatorOptions {
  /**
   * Prices that go before the catalog: by model id as callers give
   * it, by the foundation model's id, or by a pattern with `*`.
   *
   * @default - none
   */
  readonly customPrices?: Readonly<Record<string, CustomPrice>>;
  /**
   * Discounts on list prices, such as `{ anthropic: 0.1 }` for 10 % less: by
   * vendor, by model id or by a pattern with `*`. Custom prices have none.
   *
   * @default - none
   */
  readonly discounts?: Discounts;
  /**
   * Which list price holds for a bare id of a Claude model that AWS lists at two, global and regional. AWS
   * bills a call in the region at the regional one, 10 % higher; most price tables have the global one.
   *
   * @default - the regional one if the region of the call is known, else the global one as a lower bound
   */
  readonly bareIdPrice?: BareIdPrice;
  /**
   * The region of the calls, for models that cost more in some. Where AWS asks
   * another price in the region and it is not in the catalog, the cost is unknown.
   *
   * @default - prices of the regions of the United States
   */
  readonly region?: string;
  /**
   * Which model an application inference profile, or another id that does not tell,
   * stands for: by its ARN or the last part of it, an id or ARN that a price is known of.
   *
   * @default - none: their calls have no price
   */
  readonly inferenceProfiles?: InferenceProfiles;
}

const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard']);
const TIER_NAMES: ReadonlySet<string> = new Set<TierName>(['flex', 'priority']);

/** How many models, with their regions, a calculator remembers the prices of. */
const MAX_REMEMBERED = 500;
/** Bedrock takes model ids of up to 2,048 characters; what is longer is not remembered. */
const MAX_NAME_LENGTH = 4200;

/** A price and the time for which it holds, in epoch milliseconds. */
interface DatedPrice {
  readonly from: number;
  readonly until: number;
  readonly prepared: PreparedPrice;
}

/**
 * Prices tokens at list price, exactly, or not at all: an unknown model, a bucket that has tokens and no
 * price, a tier that the model does not have or a region whose price is not listed leave the cost unknown,
 * never 0, and never guessed.
 */
export class CostCalculator {
  private readonly custom: CustomPriceBook;
  private readonly discounts: DiscountBook;
  private readonly bareIdPrice: BareIdPrice | undefined;
  private readonly region: string | undefined;
  /** By model id, where nothing else is said: the way of nearly every call. */
  private readonly plain = new Map<string, readonly DatedPrice[]>();
  /** By region, model id and what it stands for. */
  private readonly special = new Map<string, readonly DatedPrice[]>();

  /**
   * @param profiles resolves ids that do not tell their model. Default: what `inferenceProfiles` says
   * @throws RangeError for a custom price that is negative, not finite, too high, or lacks input or output,
   * and for a discount that is not from 0 to 1
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

  /** The list price that held for a model at a moment (default: now), or undefined where none is known. */
  price(modelId: string, at?: Date): ModelPrice | undefined {
    return this.priceAt({ modelId, at })?.price;
  }

  /** What a call cost; undefined where that is not known. */
  calculate(usage: TokenUsage, call: PricedCall): Cost | undefined {
    const cost = this.calculateSum(usage, call, above => hasLongPrompt(usage, above));
    return cost && withMoneyJson({ ...cost, usage });
  }

  /**
   * What several calls cost together, by the sums of their tokens; undefined where that is not known.
   *
   * @param isLong whether each call has more input tokens
   * than so many; undefined where some may have and some not
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
    const paid = discount ? product(factor, discount.factor) : factor;
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
      const ofBucket = costOf(tokens, rate, paid);
      breakdown[bucket] = ofBucket;
      picoUsd += ofBucket;
    }
    const lowerBound = paid.numerator > 0n ? lowerBoundOf(found, rates, sums) : [];
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
    const remembered = isPlain ? this.plain : this.special;
    const name = isPlain ? modelId : `${region ?? ''} ${modelId} ${resolved}`;
    const known = remembered.get(name);
    if (known) return known;
    const prices = this.lookUp(modelId, resolved, region);
    if (name.length > MAX_NAME_LENGTH) return prices;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(name, prices);
    return prices;
  }

  private lookUp(modelId: string, resolved: string, region: string | undefined): readonly DatedPrice[] {
    const located = locateModelId(resolved);
    const { model } = located.parsed;
    const key = priceKey(model);
    const custom = this.custom.find([modelId, resolved, model], key);
    if (custom) return [{ from: -Infinity, until: Infinity, prepared: custom }];
    const where = locateModelId(modelId).parsed.region ?? region;
    const listed = listedPrices(located, where, this.bareIdPrice);
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
 * Returns true if the prompt of a call has more tokens than `above`; undefined for the sums of several calls,
 * of which some may have more and some less.
 */
function hasLongPrompt(usage: TokenUsage, above: number): boolean | undefined {
  if (totalInputTokens(usage) <= above) return false;
  return (usage.calls ?? 1) > 1 ? undefined : true;
}

/** Returns a factor as a number. */
function numberOf({ numerator, denominator }: Factor): number {
  return Number(numerator) / Number(denominator);
}

function isSpeechTold({ speechInputTokens, speechOutputTokens }: TokenUsage): boolean {
  return speechInputTokens !== undefined || speechOutputTokens !== undefined;
}

/** Reasons for which the tokens may cost more than their rates say. */
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
    ...(hasTokens && (speechInput ?? speechOutput) !== undefined && !isSpeechTold(usage)
      ? (['speechTokens'] as const)
      : []),
  ];
}

/** A price whose long-prompt rates are the ones that were applied. */
function longPriceOf({ longPrompt, asOf, source, ...rates }: ModelPrice): ModelPrice {
  const { above: _, ...long } = longPrompt ?? { above: 0, ...rates };
  return { ...long, longPrompt, asOf, source };
}

/** How a call is billed; undefined for what no price a token is known of, such as two tiers at once. */
function tierOf({ serviceTier, batch, latencyOptimized }: PricedCall): TierName | 'standard' | undefined {
  const isStandard = serviceTier === undefined || STANDARD_TIERS.has(serviceTier);
  if (isStandard && !batch && !latencyOptimized) return 'standard';
  const tiers: (string | undefined)[] = [];
  if (!isStandard) tiers.push(TIER_NAMES.has(serviceTier) ? serviceTier : undefined);
  if (batch) tiers.push('batch');
  if (latencyOptimized) tiers.push('optimized');
  return tiers.length === 1 ? (tiers[0] as TierName | undefined) : undefined;
}
