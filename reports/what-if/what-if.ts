import type { CacheSavings } from './cache-savings';
import type { CacheTtlBreakEven } from './cache-ttl-break-even';
import { locateModelId } from '../../lambda/pricing/model-id';
import { type Bucket, BUCKET_TOKENS, BUCKETS } from '../../lambda/pricing/model-price';
import {
  billedCalls,
  type PartOfModel,
  PartPrices,
  type PricedCell,
  type Tokens,
  usageOf,
} from '../prices/part-prices';
import { BUCKET_NAMES, gapOf, type PriceGap } from '../prices/price-gap';
import type { Money, ReportHead, Repricing } from '../results';
import { callAt, targetOf, type WhatIfTarget } from './what-if-target';
import type { Cost } from '../../lambda/pricing/cost-calculator';
import { discountText, priceKey } from '../../lambda/pricing/price-book';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import { type Amount, amount, shareOf } from '../figures/amount';
import { money } from '../figures/figures';

/** What is asked: what calls would have cost if they had been billed otherwise. */
export interface WhatIfQuestion {
  /**
   * The one model whose calls are looked at, by an id of it.
   *
   * @default - all
   */
  readonly from?: string;
  /** A model, or all in which the calls would have been others. */
  readonly to: string | WhatIfTarget;
}

/** What the same calls cost at two prices: calls alone that have both. */
export interface Comparison {
  readonly invocations: number;
  /** At the list price that they had. */
  readonly asIs: Amount;
  /** At the other price. */
  readonly other: Amount;
  /** By how much the other is more; negative where it is less. */
  readonly difference: Amount;
  /** The same as a share of what it is: 0.25 is a quarter more. Undefined where that is 0. */
  readonly change?: number;
}

export interface BucketComparison extends Omit<Comparison, 'invocations'> {
  readonly bucket: Bucket;
  readonly tokens: number;
}

export interface ModelComparison extends Comparison {
  readonly model: string;
}

/** The same tokens at another price. */
export interface WhatIfResult {
  readonly question: { readonly from?: string; readonly to: WhatIfTarget };
  /** Calls that somebody is billed for: answered ones, and failed ones that a stream had begun of. */
  readonly invocations: number;
  /** As it was recorded when the calls were made. */
  readonly recorded: Money;
  /** At the list prices of their days, billed as they were. */
  readonly asIs: Money;
  /** At the list prices of their days, billed otherwise. */
  readonly other: Money;
  /** Both, of calls that have both. */
  readonly compared: Comparison;
  /** Calls that lack one of the two. */
  readonly notCompared: number;
  /** Of the compared ones. */
  readonly buckets: readonly BucketComparison[];
  /** By the model that was called; dearest first. */
  readonly models: readonly ModelComparison[];
  /**
   * All input tokens at the other side's full input price, as if nothing were cached there. Where some calls
   * have cached tokens that the other side has no price for: those calls are in it, and in no other
   * comparison.
   */
  readonly withoutCache?: Comparison;
  /** What has to be known to read the figures, each a sentence. */
  readonly notes: readonly string[];
}

/** What other prices, the cache and its hour make of the calls of a range. */
export interface WhatIfReport extends ReportHead, WhatIfResult {
  readonly cacheSavings: CacheSavings;
  readonly cacheTtlBreakEven: CacheTtlBreakEven;
}

interface Side {
  picoUsd: bigint;
  unpriced: number;
}

interface Pair {
  count: number;
  asIs: bigint;
  other: bigint;
}

const noPair = (): Pair => ({ count: 0, asIs: 0n, other: 0n });
const noSide = (): Side => ({ picoUsd: 0n, unpriced: 0 });

/** What calls would cost if they were billed otherwise; they are added one by one. */
export class WhatIfSum {
  private readonly prices: PartPrices;
  private readonly otherPrices: PartPrices;
  private readonly target: WhatIfTarget;
  private readonly fromKey: string | undefined;
  private readonly otherKey: string | undefined;
  private readonly recorded = noSide();
  private readonly asIs = noSide();
  private readonly other = noSide();
  private readonly compared = noPair();
  private readonly withoutCache = noPair();
  private readonly uncacheable = new Set<Bucket>();
  private readonly buckets = new Map<Bucket, Pair>(BUCKETS.map(bucket => [bucket, noPair()]));
  private readonly models = new Map<string, Pair>();
  private readonly gaps = new Map<string, number>();
  /** Discounts of either side, in words. */
  private readonly discounts = new Set<string>();
  private invocations = 0;
  private hasOtherModel = false;
  /** Calls of a bare id that have the global price because no region is known. */
  private withoutRegion = 0;

  /** @throws RangeError for a question that contradicts itself, or names a model that has no price */
  constructor(
    private readonly question: WhatIfQuestion,
    repricing: Repricing = {},
  ) {
    this.prices = new PartPrices(repricing);
    this.target = targetOf(question.to, this.prices);
    // In the region is what is asked for: the bare id of it must not have the global price.
    this.otherPrices =
      this.target.scope === 'in-region'
        ? new PartPrices({ ...repricing, bareIdPrice: 'in-region' })
        : this.prices;
    this.fromKey = question.from === undefined ? undefined : keyOf(question.from);
    const named = this.target.modelId ?? this.target.model;
    this.otherKey = named === undefined ? undefined : keyOf(this.prices.profiles.resolve(named));
  }

  add({ day, model, part }: PricedCell): void {
    if (part.kind === 'cached' || (this.fromKey !== undefined && keyOf(model) !== this.fromKey)) return;
    const calls = billedCalls(part);
    if (calls === 0) return;
    this.invocations += calls;
    addTo(this.recorded, calls, part.kind === 'answered' || part.kind === 'failed' ? part.sums : undefined);

    const ofModel: PartOfModel = { ...part, model };
    const call = this.prices.billed(ofModel);
    const otherCall = callAt(this.target, ofModel, call, this.prices);
    const asIs = this.prices.cost(day, ofModel, call);
    const other = this.otherPrices.cost(day, ofModel, otherCall);
    for (const cost of [asIs, other]) if (cost?.discount) this.discounts.add(discountText(cost.discount));
    if ([asIs, other].some(cost => cost?.lowerBound?.includes('bareId'))) this.withoutRegion += calls;
    addTo(this.asIs, calls, asIs);
    addTo(this.other, calls, other);
    if (this.otherKey !== undefined && this.otherKey !== keyOf(model)) this.hasOtherModel = true;
    if (!asIs) {
      this.addGap(calls, gapOf(this.prices, day, ofModel, call));
      return;
    }
    const withoutCache = this.otherPrices.cost(day, ofModel, otherCall, uncached(part.sums));
    if (withoutCache) addPair(this.withoutCache, calls, asIs.picoUsd, withoutCache.picoUsd);
    if (other) {
      this.compare(calls, ofModel, asIs, other);
      return;
    }
    const gap = gapOf(this.otherPrices, day, ofModel, otherCall);
    this.addGap(calls, gap);
    if (withoutCache) for (const bucket of gap.buckets) this.uncacheable.add(bucket);
  }

  result(): WhatIfResult {
    const { compared, invocations } = this;
    return {
      question: {
        ...(this.question.from === undefined ? {} : { from: this.question.from }),
        to: this.target,
      },
      invocations,
      recorded: money(this.recorded.picoUsd, this.recorded.unpriced),
      asIs: money(this.asIs.picoUsd, this.asIs.unpriced),
      other: money(this.other.picoUsd, this.other.unpriced),
      compared: callsOf(compared),
      notCompared: invocations - compared.count,
      buckets: [...this.buckets]
        .filter(([, { count }]) => count > 0)
        .map(([bucket, pair]) => ({ bucket, tokens: pair.count, ...comparisonOf(pair) })),
      models: [...this.models].map(([model, pair]) => ({ model, ...callsOf(pair) })).sort(dearest),
      ...(this.uncacheable.size > 0 ? { withoutCache: callsOf(this.withoutCache) } : {}),
      notes: this.notes(),
    };
  }

  private compare(calls: number, { model, sums }: PartOfModel, asIs: Cost, other: Cost): void {
    let ofModel = this.models.get(model);
    if (!ofModel) this.models.set(model, (ofModel = noPair()));
    for (const pair of [this.compared, ofModel]) addPair(pair, calls, asIs.picoUsd, other.picoUsd);
    // What is counted of a bucket are its tokens.
    const usage = usageOf(sums);
    for (const [bucket, pair] of this.buckets) {
      const [one, another] = [asIs.breakdown[bucket] ?? 0n, other.breakdown[bucket] ?? 0n];
      addPair(pair, BUCKET_TOKENS[bucket](usage), one, another);
    }
  }

  private addGap(calls: number, { reason }: PriceGap): void {
    this.gaps.set(reason, (this.gaps.get(reason) ?? 0) + calls);
  }

  private notes(): string[] {
    const gaps = [...this.gaps].sort(([, one], [, other]) => other - one);
    return [
      ...gaps.map(
        ([reason, calls]) =>
          `${calls.toLocaleString('en-US')} ${calls === 1 ? 'call is' : 'calls are'} not compared: ` +
          `${reason}.`,
      ),
      ...(this.uncacheable.size > 0
        ? [
            'The comparison without cache has all input tokens at the full input price of the other ' +
              'side, as it has no known price of ' +
              `${[...this.uncacheable].map(bucket => BUCKET_NAMES[bucket]).join(' and ')}.`,
          ]
        : []),
      ...(this.discounts.size > 0 ? [`Discounts on list prices: ${[...this.discounts].join(', ')}.`] : []),
      ...(this.withoutRegion > 0
        ? [
            `${this.withoutRegion.toLocaleString('en-US')} ${this.withoutRegion === 1 ? 'call has' : 'calls have'} ` +
              'a bare id of a Claude model on either side, which is compared at its global price, as no ' +
              'region is known. In a region it costs more: name the region.',
          ]
        : []),
      ...(this.hasOtherModel
        ? [
            'The tokens are those that were counted: another model counts the same text otherwise, ' +
              'and answers at another length.',
          ]
        : []),
      ...(this.target.region === undefined
        ? []
        : [
            'A trace has no region: where an id names none, the calls are taken to be of ' +
              `${this.prices.region ?? 'the United States'}.`,
          ]),
    ];
  }
}

/** What calls would cost if they were billed otherwise. @throws RangeError as {@link WhatIfSum} */
export function whatIf(
  cells: Iterable<PricedCell>,
  question: WhatIfQuestion,
  repricing: Repricing = {},
): WhatIfResult {
  const sum = new WhatIfSum(question, repricing);
  for (const cell of cells) sum.add(cell);
  return sum.result();
}

function addPair(pair: Pair, count: number, asIs: bigint, other: bigint): void {
  pair.count += count;
  pair.asIs += asIs;
  pair.other += other;
}

function addTo(side: Side, calls: number, cost: { readonly picoUsd: bigint } | undefined): void {
  if (cost) side.picoUsd += cost.picoUsd;
  else side.unpriced += calls;
}

/** The same tokens, none of them cached. */
function uncached(sums: Tokens): Tokens {
  return {
    uncachedInputTokens: promptTokens(sums),
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: sums.outputTokens,
    speechInputTokens: sums.speechInputTokens,
    speechOutputTokens: sums.speechOutputTokens,
  };
}

function comparisonOf({ asIs, other }: Pair): Omit<Comparison, 'invocations'> {
  const change = shareOf(other - asIs, asIs);
  return {
    asIs: amount(asIs),
    other: amount(other),
    difference: amount(other - asIs),
    ...(change === undefined ? {} : { change }),
  };
}

function callsOf(pair: Pair): Comparison {
  return { invocations: pair.count, ...comparisonOf(pair) };
}

function dearest(one: ModelComparison, other: ModelComparison): number {
  const [a, b] = [one.asIs.picoUsd, other.asIs.picoUsd];
  return a < b ? 1 : a > b ? -1 : one.model < other.model ? -1 : 1;
}

function keyOf(modelId: string): string {
  return priceKey(locateModelId(modelId).parsed.model);
}
