import { invocationKind } from '../../lambda/invocation/invocation-counts';
import { type Cost, CostCalculator, type PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId, parseModelId, ProfileResolver } from '../../lambda/pricing/model-id';
import { pricedModels, priceKey } from '../../lambda/pricing/price-lookup';
import { TimeSlice, isLongPrompt, type PartKey, partKeyOf } from '../../lambda/rollup/usage-part';
import { promptTokens, type Sums } from '../../lambda/rollup/usage-sums';
import { startOfDay } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import type { PartPrice } from '../figures/figure-sum';
import type { Repricing } from '../results';
import type { Cell } from '../source/read-report';

/** Part of a day's sums: invocations with the same billing terms, and their foundation model. */
export type PartOfModel = TimeSlice & { readonly model: string };

/** UTC day, agent, model and part of priced invocations. */
export type PricedCell = Pick<Cell, 'day' | 'model' | 'agentId' | 'part'>;

/** Token buckets of sums or of a trace. */
export type Tokens = Pick<
  Sums,
  'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens' | 'outputTokens'
> &
  Partial<Pick<Sums, 'speechInputTokens' | 'speechOutputTokens'>>;

/** Calculates the cost of recorded invocations from their tokens. */
export interface Repricer {
  /**
   * Returns the cost of a part at the prices of its day. If some of its invocations have tokens in a bucket
   * without a price, all of them are unpriced, because sums do not show how many such invocations there are.
   *
   * @param day UTC day of the invocations
   */
  priceOfPart(day: string, part: PartOfModel): PartPrice;
  /** Returns the cost of an invocation at the prices of its time. Undefined if the price is unknown. */
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
 * Creates a repricer with the catalog of this version, or with custom prices.
 *
 * @param repricing `true` for only the catalog
 * @param region region of the invocations, because traces have none. `repricing.region` takes precedence.
 * Default: the regions of the United States
 * @throws RangeError if a custom price is invalid
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

/** Finds the prices of parts and of traces. */
export class PartPrices {
  readonly region: string | undefined;
  readonly profiles: ProfileResolver;
  private readonly calculator: CostCalculator;

  /** @throws RangeError if a custom price is invalid */
  constructor(repricing: Repricing = {}) {
    this.region = repricing.region;
    this.profiles = new ProfileResolver(repricing.inferenceProfiles);
    this.calculator = new CostCalculator(repricing, this.profiles);
  }

  /** Returns true if a model has a price in any region at any time. */
  isPriced(modelId: string): boolean {
    const { model } = parseModelId(this.profiles.resolve(modelId));
    return pricedModels().includes(priceKey(model)) || this.calculator.price(modelId) !== undefined;
  }

  /** Returns the billing terms of a part. */
  billed(part: PartOfModel): PricedSum {
    return pricedCall(part, this.profiles, this.region);
  }

  /**
   * Returns the cost of a part at the prices of its day. Undefined if the price is unknown, as for a mixed
   * part, whose scope, tier and prompt lengths are unknown.
   *
   * @param call billing terms. Default: as recorded
   * @param tokens priced tokens. Default: those of the part
   */
  cost(
    day: string,
    part: PartOfModel,
    call: PricedSum = this.billed(part),
    tokens: Tokens = part.sums,
  ): Cost | undefined {
    // Unpriced invocations without tokens are those whose tokens are unknown.
    if (part.mixed || (part.kind === 'unpriced' && !hasTokens(part.sums))) return undefined;
    return this.calculator.calculateSum(usageOf(tokens), { ...call, at: startOfDay(day) }, above =>
      isLongPrompt(part, above),
    );
  }

  /** Returns the cost of one invocation. Undefined if the price is unknown. */
  costOfTrace(trace: Trace): Cost | undefined {
    const key = partKeyOf(trace);
    if (key.kind === 'unpriced' && !hasTokens(trace)) return undefined;
    const call = {
      ...pricedCall({ ...key, model: trace.model }, this.profiles, this.region),
      at: trace.timestamp,
    };
    return this.calculator.calculateSum(usageOf(trace), call, above => promptTokens(trace) > above);
  }

  /** Returns the price of a part for zero tokens. It is undefined if the rates of the part are unknown. */
  rates(
    day: string,
    part: PartOfModel,
    call: PricedSum,
    isLong: (above: number) => boolean | undefined = above => isLongPrompt(part, above),
  ): Cost | undefined {
    return this.calculator.calculateSum(usageOf(NO_TOKENS), { ...call, at: startOfDay(day) }, isLong);
  }
}

/** Returns true if there is any token. */
export function hasTokens(tokens: Tokens): boolean {
  return promptTokens(tokens) + tokens.outputTokens > 0;
}

/**
 * Returns the number of billed invocations of a part. Failed invocations are billed only if their stream had
 * begun. Others, such as throttled ones, have no tokens.
 */
export function billedCalls({ kind, sums }: Pick<TimeSlice, 'kind' | 'sums'>): number {
  if (kind === 'cached') return 0;
  if (kind !== 'failed') return sums.count;
  return hasTokens(sums) ? sums.partial || sums.count : 0;
}

/** Converts tokens to a usage. */
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

/** Attributes of recorded invocations that decide their billing. */
type BillingTerms = Pick<PartKey, 'modelId' | 'scope' | 'serviceTier' | 'batch'> & {
  readonly model: string;
};

/**
 * Returns the billing terms of invocations. The called id may hide the model: an application inference
 * profile, a prompt router, or an id that was too long for a trace. Then the recorded model, the scope and
 * the region of the id decide the price.
 *
 * @param region region of invocations whose id has none
 */
function pricedCall(
  { model, modelId = model, scope, serviceTier, batch }: BillingTerms,
  profiles: ProfileResolver,
  region?: string,
): PricedSum {
  const { parsed, geography } = locateModelId(modelId);
  const isHidden =
    profiles.resolve(modelId) === modelId && parsed.model !== model && !parseModelId(model).opaque;
  const standsFor = isHidden
    ? modelIdIn(model, scope, geography ?? geographyOf(parsed.region ?? region))
    : undefined;
  return { modelId, standsFor, region: parsed.region, serviceTier, batch };
}

/** Returns the id of a model in a scope. Undefined if a geographic scope has no known geography. */
export function modelIdIn(
  model: string,
  scope: string | undefined,
  geography: string | undefined,
): string | undefined {
  if (scope === 'global') return `global.${model}`;
  if (scope !== 'geo') return model;
  return geography === undefined ? undefined : `${geography}.${model}`;
}

/** Returns the prefix of the geographic inference profiles of a region. */
export function geographyOf(region: string | undefined): string | undefined {
  if (region?.startsWith('us-gov-')) return 'us-gov';
  const [continent] = region?.split('-', 1) ?? [];
  return continent === 'ap' ? 'apac' : continent;
}
