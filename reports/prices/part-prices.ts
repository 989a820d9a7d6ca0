import { pricedCall } from './priced-call';
import { invocationKind } from '../../lambda/invocation/invocation-counts';
import { type Cost, CostCalculator, type PricedSum } from '../../lambda/pricing/cost-calculator';
import { ProfileResolver, parseModelId } from '../../lambda/pricing/model-id';
import { pricedModels, priceKey } from '../../lambda/pricing/price-book';
import type { TimeSlice } from '../../lambda/rollup/usage-part';
import { isLongPrompt, partKeyOf } from '../../lambda/rollup/usage-part';
import { promptTokens, type Sums } from '../../lambda/rollup/usage-sums';
import { startOfDay } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import type { PartPrice } from '../figures/figure-sum';
import type { Repricing } from '../results';
import type { Cell } from '../source/usage-cells';

/** A part of a day, and the foundation model whose calls are in it. */
export type PartOfModel = TimeSlice & { readonly model: string };

/** Calls that are priced: their UTC day, whose they are, and what they have in common. */
export type PricedCell = Pick<Cell, 'day' | 'model' | 'agentId' | 'part'>;

/** The token buckets of sums or of a trace. */
export type Tokens = Pick<
  Sums,
  'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens' | 'outputTokens'
> &
  Partial<Pick<Sums, 'speechInputTokens' | 'speechOutputTokens'>>;

/** Prices calls anew, of which the tokens were kept. */
export interface Repricer {
  /**
   * What a part's calls cost by the prices of their day. Unpriced calls are in no amount. Where some of
   * them have tokens in a bucket that has no price, all are unpriced: sums do not tell how many have.
   *
   * @param day the UTC day of the calls
   */
  priceOfPart(day: string, part: PartOfModel): PartPrice;
  /** What a call costs by the price that held when it was made; undefined where that is not known. */
  priceOfTrace(trace: Trace): bigint | undefined;
}

const NOTHING: PartPrice = { picoUsd: 0n, unpriced: 0 };
export const NO_TOKENS: Tokens = {
  uncachedInputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
};

/**
 * Prices by the catalog of this version, or by prices of your own.
 *
 * @param repricing `true` for the catalog alone
 * @param region of the calls, as no trace has it. Default:
 * `repricing.region`, else prices of the regions of the United States
 * @throws RangeError for a custom price that is none
 */
export function repricer(repricing: true | Repricing, region?: string): Repricer {
  const given = repricing === true ? {} : repricing;
  const prices = new PartPrices({ ...given, region: given.region ?? region });
  return {
    priceOfPart: (day, part) => {
      const { kind, sums } = part;
      if (kind === 'cached' || (kind === 'failed' && !hasTokens(sums))) return NOTHING;
      const cost = prices.cost(day, part);
      return cost ? { picoUsd: cost.picoUsd, unpriced: 0 } : { picoUsd: 0n, unpriced: billedCalls(part) };
    },
    priceOfTrace: trace => {
      const kind = invocationKind(trace);
      if (kind === 'cached' || (kind === 'failed' && !hasTokens(trace))) return 0n;
      return prices.costOfTrace(trace)?.picoUsd;
    },
  };
}

/** Finds what a part's calls cost. */
export class PartPrices {
  readonly region: string | undefined;
  readonly profiles: ProfileResolver;
  private readonly calculator: CostCalculator;

  /** @throws RangeError for a custom price that is none */
  constructor(repricing: Repricing = {}) {
    this.region = repricing.region;
    this.profiles = new ProfileResolver(repricing.inferenceProfiles);
    this.calculator = new CostCalculator(repricing, this.profiles);
  }

  /** Whether a price is known of a model, somewhere and at some time. */
  isPriced(modelId: string): boolean {
    const { model } = parseModelId(this.profiles.resolve(modelId));
    return pricedModels().includes(priceKey(model)) || this.calculator.price(modelId) !== undefined;
  }

  /** How a part's calls are billed. */
  billed(part: PartOfModel): PricedSum {
    return pricedCall(part, this.profiles, this.region);
  }

  /**
   * What a part's calls cost on their day; undefined where that is not known, which
   * it never is of a mixed part: neither scope nor tier nor length of its calls is.
   *
   * @param call how they are billed. Default: as they were
   * @param tokens what is priced. Default: their own
   */
  cost(
    day: string,
    part: PartOfModel,
    call: PricedSum = this.billed(part),
    tokens: Tokens = part.sums,
  ): Cost | undefined {
    // Unpriced calls of no token are those that told none.
    if (part.mixed || (part.kind === 'unpriced' && !hasTokens(part.sums))) return undefined;
    return this.calculator.calculateSum(usageOf(tokens), { ...call, at: startOfDay(day) }, above =>
      isLongPrompt(part, above),
    );
  }

  /** What one call costs. */
  costOfTrace(trace: Trace): Cost | undefined {
    const key = partKeyOf(trace);
    if (key.kind === 'unpriced' && !hasTokens(trace)) return undefined;
    const call = {
      ...pricedCall({ ...key, model: trace.model }, this.profiles, this.region),
      at: trace.timestamp,
    };
    return this.calculator.calculateSum(usageOf(trace), call, above => promptTokens(trace) > above);
  }

  /**
   * The price of a part's calls without their tokens: what rates there are. Undefined where it is not known.
   */
  rates(
    day: string,
    part: PartOfModel,
    call: PricedSum,
    isLong: (above: number) => boolean | undefined = above => isLongPrompt(part, above),
  ): Cost | undefined {
    return this.calculator.calculateSum(usageOf(NO_TOKENS), { ...call, at: startOfDay(day) }, isLong);
  }
}

/** Whether there is any token. */
export function hasTokens(tokens: Tokens): boolean {
  return promptTokens(tokens) + tokens.outputTokens > 0;
}

/**
 * How many of a part's calls somebody is billed for. Of failed calls, those that
 * a stream had begun of: the others, throttled ones before all, have no token.
 */
export function billedCalls({ kind, sums }: Pick<TimeSlice, 'kind' | 'sums'>): number {
  if (kind === 'cached') return 0;
  if (kind !== 'failed') return sums.count;
  return hasTokens(sums) ? sums.partial || sums.count : 0;
}

/** Tokens as a usage, for what reads one. */
export function usageOf({
  uncachedInputTokens,
  cacheReadTokens,
  cacheWrite5mTokens,
  cacheWrite1hTokens,
  outputTokens,
  speechInputTokens,
  speechOutputTokens,
}: Tokens): TokenUsage {
  return {
    uncachedInputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens,
    speechInputTokens,
    speechOutputTokens,
    source: 'usage',
    partial: false,
  };
}
