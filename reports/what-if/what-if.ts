import { type CacheSavings, CacheSavingsSum } from './cache-savings';
import { type CacheTtlBreakEven, CacheTtlSum } from './cache-ttl-break-even';
import { isPriced } from '../../lambda/invocation/invocation-counts';
import { discountText } from '../../lambda/pricing/custom-prices';
import {
  billedCalls,
  type PartOfModel,
  PartPrices,
  priceWithUnits,
  type PricedCell,
  recordedPrice,
  type Tokens,
  usageOf,
} from '../prices/part-prices';
import { BUCKET_NAMES, explainGap, type PriceGap } from '../prices/price-gap';
import type { Amount, Money, ReportHead, Repricing } from '../results';
import { applyTarget, parseTarget, type WhatIfTarget } from './what-if-target';
import { type Bucket, BUCKET_TOKENS, BUCKETS } from '../../lambda/pricing/billing-buckets';
import type { Cost } from '../../lambda/pricing/cost';
import { locateModelId } from '../../lambda/pricing/model-id';
import { priceKey } from '../../lambda/pricing/price-lookup';
import { usdText } from '../../lambda/pricing/usd-text';
import { promptTokens } from '../../lambda/rollup/usage-sums';
import { countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { atLeastNotes } from '../figures/cost-notes';
import type { PartPrice } from '../figures/figure-sum';
import { money, shareOf, toAmount } from '../figures/figures';
import { addLowerBound, type LowerBoundSum } from '../figures/lower-bound';
import { type Days, spanOf } from '../source/day-range';
import { cellsOf, headOf, matches, ReadCount, type Reading } from '../source/read-report';

/** Argument of `UsageReports.whatIf`: the invocations to compare, and the other billing terms. */
export interface WhatIfQuestion {
  /**
   * Model whose invocations are compared: a model id with or without a prefix, such as `eu.`.
   *
   * @default - all models
   */
  readonly from?: string;
  /** Id of another model, or an object with other billing terms. */
  readonly to: string | WhatIfTarget;
}

/**
 * Cost of invocations on the recorded billing terms, and on the other billing terms. An invocation is
 * excluded if one of its two costs is unknown.
 */
export interface Comparison {
  readonly invocations: number;
  /** Cost on the recorded billing terms, at list prices. */
  readonly asIs: Amount;
  /** Cost on the other billing terms, at list prices. */
  readonly other: Amount;
  /** `other` minus `asIs`. Negative if `other` is lower. */
  readonly difference: Amount;
  /**
   * `difference` divided by `asIs`: 0.25 means that the other cost is 25 % higher. Undefined if `asIs` is 0.
   */
  readonly change?: number;
  /** Number of invocations whose true cost may be higher than their part of `asIs`. Absent if 0. */
  readonly asIsLowerBound?: number;
  /** Number of invocations whose true cost may be higher than their part of `other`. Absent if 0. */
  readonly otherLowerBound?: number;
}

export interface BucketComparison extends Omit<
  Comparison,
  'invocations' | 'asIsLowerBound' | 'otherLowerBound'
> {
  readonly bucket: Bucket;
  readonly tokens: number;
}

export interface ModelComparison extends Comparison {
  readonly model: string;
}

/** Cost of invocations, and the cost of the same tokens on other billing terms. */
export interface WhatIfResult {
  readonly question: { readonly from?: string; readonly to: WhatIfTarget };
  /**
   * Number of invocations that AWS bills: answered invocations, and invocations that failed during a streamed
   * response.
   */
  readonly invocations: number;
  /** Cost that was recorded with the invocations. */
  readonly recorded: Money;
  /** Cost on the recorded billing terms, at the list prices on the day of each invocation. */
  readonly asIs: Money;
  /** Cost on the other billing terms, at the list prices on the day of each invocation. */
  readonly other: Money;
  /** Comparison for the invocations whose cost is known on both billing terms. */
  readonly compared: Comparison;
  /** Number of invocations that `compared` excludes, because one of their costs is unknown. */
  readonly notCompared: number;
  /**
   * Cost of billed units besides tokens in `compared`. Both sides contain it, because units keep their
   * recorded cost. Absent if there are none.
   */
  readonly unitCost?: Amount;
  /** Comparison for each kind of token, such as input or cache reads. */
  readonly buckets: readonly BucketComparison[];
  /** Comparison for each recorded model, highest cost first. */
  readonly models: readonly ModelComparison[];
  /**
   * Comparison in which all input tokens have the full input price on the other billing terms. It also
   * includes invocations whose cache price on the other billing terms is unknown. Undefined if all these
   * cache prices are known.
   */
  readonly withoutCache?: Comparison;
  /** Sentences that explain the figures to people, for example if a price is unknown. */
  readonly notes: readonly string[];
}

/**
 * Report of `UsageReports.whatIf`: the compared costs, the savings of the prompt cache, and the cost of
 * 1-hour cache writes.
 */
export interface WhatIfReport extends ReportHead, WhatIfResult {
  readonly cacheSavings: CacheSavings;
  readonly cacheTtlBreakEven: CacheTtlBreakEven;
}

interface Side extends LowerBoundSum {
  picoUsd: bigint;
  unpriced: number;
}

interface Pair {
  count: number;
  asIs: bigint;
  other: bigint;
  asIsLowerBound: number;
  otherLowerBound: number;
}

const noPair = (): Pair => ({ count: 0, asIs: 0n, other: 0n, asIsLowerBound: 0, otherLowerBound: 0 });
const noSide = (): Side => ({ picoUsd: 0n, unpriced: 0, lowerBound: 0 });
const HOUR_MS = 3_600_000;

/**
 * Makes the report of `UsageReports.whatIf`. It compares the recorded cost of a range with its cost on other
 * billing terms, and calculates the savings of the prompt cache and the cost of 1-hour cache writes.
 *
 * @throws ReportArgumentError if `question` contradicts itself. Also if `question` names a model that has no
 * price
 */
export async function whatIfReport(
  days: Days,
  question: WhatIfQuestion,
  reading: Reading,
  repricing: Repricing = {},
): Promise<WhatIfReport> {
  const span = spanOf(days);
  const sum = new WhatIfSum(question, repricing);
  const savings = new CacheSavingsSum(repricing);
  const writes = new CacheTtlSum(repricing, span);
  const count = new ReadCount();
  const { source, now, signal, onProgress, agentId, model } = reading;
  // Begins one hour before the range, because a cache write in the range may repeat a write of this hour.
  const [first, last] = [
    dayOf(new Date(span.start.getTime() - HOUR_MS)),
    dayOf(new Date(span.end.getTime() - 1)),
  ];
  const total = countDays(first, last);
  for await (const day of source.utcDays(first, last, dayOf(now), { meter: count, signal, agentId })) {
    count.addDay(day);
    for (const cell of cellsOf(day, [span], { agentId, model })) {
      sum.add(cell);
      savings.add(cell);
    }
    writes.add({
      day: day.day,
      entries: day.entries.filter(entry => matches(entry, { agentId, model })),
    });
    onProgress?.({ done: countDays(first, day.day), total });
  }
  return {
    ...headOf(days, reading, count),
    ...sum.result(),
    cacheSavings: savings.result(),
    cacheTtlBreakEven: writes.result(),
  };
}

/** Adds up the cost of invocations twice: on the recorded billing terms, and on the other terms. */
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
  private unitPicoUsd = 0n;
  private readonly withoutCache = noPair();
  /** Kinds of cache tokens, e.g. cache reads, that have no price on the other billing terms. */
  private readonly uncacheable = new Set<Bucket>();
  private readonly buckets = new Map<Bucket, Pair>(BUCKETS.map(bucket => [bucket, noPair()]));
  private readonly models = new Map<string, Pair>();
  private readonly gaps = new Map<string, number>();
  /** Descriptions of the discounts that were used to calculate a cost. `notes` lists them. */
  private readonly discounts = new Set<string>();
  private invocations = 0;
  private hasOtherModel = false;
  /**
   * Number of invocations for which the global price was assumed. Their region is unknown, and their model id
   * has no prefix, such as `eu.`.
   */
  private withoutRegion = 0;

  /** @throws ReportArgumentError if the question contradicts itself, or names a model that has no price */
  constructor(
    private readonly question: WhatIfQuestion,
    repricing: Repricing = {},
  ) {
    this.prices = new PartPrices(repricing);
    this.target = parseTarget(question.to, this.prices);
    // If the target scope is `in-region`, model ids without a prefix have the regional price instead of the
    // global price.
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
    addTo(this.recorded, recordedCost(part));

    const ofModel: PartOfModel = { ...part, model };
    const call = this.prices.billed(ofModel);
    const otherCall = applyTarget(this.target, ofModel, call, this.prices);
    const asIs = this.prices.cost(day, ofModel, call);
    const other = this.otherPrices.cost(day, ofModel, otherCall);
    for (const cost of [asIs, other]) if (cost?.discount) this.discounts.add(discountText(cost.discount));
    if ([asIs, other].some(cost => cost?.lowerBound?.includes('bareId'))) this.withoutRegion += calls;
    const byUnits = recordedPrice(part);
    const asIsPrice = byUnits ?? priceWithUnits(ofModel, asIs);
    const otherPrice = byUnits ?? priceWithUnits(ofModel, other);
    addTo(this.asIs, asIsPrice);
    addTo(this.other, otherPrice);
    if (byUnits) {
      this.compare(calls, ofModel, asIsPrice, otherPrice);
      this.unitPicoUsd += byUnits.picoUsd;
      return;
    }
    if (this.otherKey !== undefined && this.otherKey !== keyOf(model)) this.hasOtherModel = true;
    if (!asIs) {
      this.addGap(calls, explainGap(this.prices, day, ofModel, call));
      return;
    }
    const withoutCache = this.otherPrices.cost(day, ofModel, otherCall, uncached(part.sums));
    if (withoutCache) addPair(this.withoutCache, calls, asIsPrice, priceWithUnits(ofModel, withoutCache));
    if (other) {
      this.compare(calls, ofModel, asIsPrice, otherPrice);
      this.unitPicoUsd += asIsPrice.picoUsd - asIs.picoUsd;
      this.compareBuckets(ofModel, asIs, other);
      return;
    }
    const gap = explainGap(this.otherPrices, day, ofModel, otherCall);
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
      recorded: toMoney(this.recorded),
      asIs: toMoney(this.asIs),
      other: toMoney(this.other),
      compared: toComparison(compared),
      notCompared: invocations - compared.count,
      ...(this.unitPicoUsd > 0n && { unitCost: toAmount(this.unitPicoUsd) }),
      buckets: [...this.buckets]
        .filter(([, { count }]) => count > 0)
        .map(([bucket, pair]) => ({ bucket, tokens: pair.count, ...compareAmounts(pair) })),
      models: [...this.models].map(([model, pair]) => ({ model, ...toComparison(pair) })).sort(byCost),
      ...(this.uncacheable.size > 0 ? { withoutCache: toComparison(this.withoutCache) } : {}),
      notes: this.notes(),
    };
  }

  private compare(calls: number, { model }: PartOfModel, asIs: PartPrice, other: PartPrice): void {
    let ofModel = this.models.get(model);
    if (!ofModel) this.models.set(model, (ofModel = noPair()));
    for (const pair of [this.compared, ofModel]) addPair(pair, calls, asIs, other);
  }

  private compareBuckets({ sums }: PartOfModel, asIs: Cost, other: Cost): void {
    // In the comparison by bucket, `count` is a number of tokens, not of invocations.
    const usage = usageOf(sums);
    for (const [bucket, pair] of this.buckets) {
      const [one, another] = [asIs, other].map(({ breakdown }) => ({ picoUsd: breakdown[bucket] ?? 0n }));
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
            'The comparison without cache uses the full input price of the other side for all input tokens, ' +
              'because its price is unknown for ' +
              `${[...this.uncacheable].map(bucket => BUCKET_NAMES[bucket]).join(' and ')}.`,
          ]
        : []),
      ...(this.discounts.size > 0 ? [`Discounts on list prices: ${[...this.discounts].join(', ')}.`] : []),
      ...(this.withoutRegion > 0
        ? [
            `${this.withoutRegion.toLocaleString('en-US')} ${this.withoutRegion === 1 ? 'call is' : 'calls are'} ` +
              'compared at the global price of a Claude model, because the model id has no prefix and the ' +
              'region is unknown. The model costs more in a region. Name the region to compare that price.',
          ]
        : []),
      ...(this.hasOtherModel
        ? [
            'The comparison keeps the recorded token counts. Another model counts the same text differently, ' +
              'and answers at another length.',
          ]
        : []),
      ...(this.target.region === undefined
        ? []
        : [
            'Traces have no region. Calls whose model id has none are compared as calls in ' +
              `${this.prices.region ?? 'the United States'}.`,
          ]),
      ...atLeastNotes(toMoney(this.recorded), 'Recorded, at least'),
      ...atLeastNotes(toMoney(this.asIs), 'As is, at least'),
      ...atLeastNotes(toMoney(this.other), 'What if, at least'),
      ...(this.unitPicoUsd > 0n
        ? [`Units besides tokens keep their recorded cost on both sides: ${usdText(this.unitPicoUsd)}.`]
        : []),
    ];
  }
}

type PairPrice = Pick<PartPrice, 'picoUsd' | 'lowerBound'>;

function addPair(pair: Pair, count: number, asIs: PairPrice, other: PairPrice): void {
  pair.count += count;
  pair.asIs += asIs.picoUsd;
  pair.other += other.picoUsd;
  pair.asIsLowerBound += asIs.lowerBound ?? 0;
  pair.otherLowerBound += other.lowerBound ?? 0;
}

function addTo(side: Side, price: PartPrice): void {
  side.picoUsd += price.picoUsd;
  side.unpriced += price.unpriced;
  addLowerBound(side, price);
}

function toMoney(side: Side): Money {
  return money(side.picoUsd, side.unpriced, side);
}

/** Returns the recorded cost of the invocations in a part. */
function recordedCost(part: PricedCell['part']): PartPrice {
  if (!isPriced(part.kind)) return { picoUsd: 0n, unpriced: billedCalls(part) };
  return { ...part.sums, unpriced: 0 };
}

/** Returns token counts in which the cached input tokens are counted as uncached input tokens. */
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

function compareAmounts({ asIs, other }: Pair): Omit<BucketComparison, 'bucket' | 'tokens'> {
  const change = shareOf(other - asIs, asIs);
  return {
    asIs: toAmount(asIs),
    other: toAmount(other),
    difference: toAmount(other - asIs),
    ...(change === undefined ? {} : { change }),
  };
}

function toComparison(pair: Pair): Comparison {
  const { count, asIsLowerBound, otherLowerBound } = pair;
  return {
    invocations: count,
    ...compareAmounts(pair),
    ...(asIsLowerBound > 0 && { asIsLowerBound }),
    ...(otherLowerBound > 0 && { otherLowerBound }),
  };
}

function byCost(one: ModelComparison, other: ModelComparison): number {
  const [a, b] = [one.asIs.picoUsd, other.asIs.picoUsd];
  return a < b ? 1 : a > b ? -1 : one.model < other.model ? -1 : 1;
}

function keyOf(modelId: string): string {
  return priceKey(locateModelId(modelId).parsed.model);
}
