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

/**
 * Part of the sums of one day: the invocations that have the same foundation model and the same billing
 * terms.
 */
export type PartOfModel = TimeSlice & { readonly model: string };

/** Part of the sums that is to be priced, with its UTC day, agent and model. */
export type PricedCell = Pick<Cell, 'day' | 'model' | 'agentId' | 'part'>;

/** Number of tokens in each bucket, from sums or from a trace. */
export type Tokens = Pick<
  Sums,
  'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens' | 'outputTokens'
> &
  Partial<Pick<Sums, 'speechInputTokens' | 'speechOutputTokens'>>;

/** Calculates the cost of recorded invocations from their tokens. */
export interface Repricer {
  /**
   * Returns the cost of a part at the prices of `day`. If any tokens of the part have no price, all
   * invocations of the part are unpriced, because the sums do not show which invocations have these tokens.
   *
   * @param day UTC day of the invocations
   */
  priceOfPart(day: string, part: PartOfModel): PartPrice;
  /**
   * Returns the cost of an invocation at the prices of its time, in pico-dollars. Undefined if the price is
   * unknown.
   */
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
 * Creates a repricer, which prices invocations again.
 *
 * @param repricing custom prices, or `true` for the price catalog of this version
 * @param region region of the invocations, because traces do not contain a region. Used only if `repricing`
 * has no `region`. Default: the regions of the United States
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

/** Calculates the cost of parts and of traces from their tokens. */
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

  /**
   * Returns true if the catalog or the custom prices have a price for the model. The region and the date do
   * not matter.
   */
  isPriced(modelId: string): boolean {
    const { model } = parseModelId(this.profiles.resolve(modelId));
    return pricedModels().includes(priceKey(model)) || this.calculator.price(modelId) !== undefined;
  }

  /** Returns the recorded billing terms of a part. */
  billed(part: PartOfModel): PricedSum {
    return pricedCall(part, this.profiles, this.region);
  }

  /**
   * Returns the cost of a part at the prices of `day`. Returns undefined if a price is unknown. The price of
   * a mixed part is always unknown, because its invocations have different billing terms.
   *
   * @param call billing terms. Default: the recorded billing terms
   * @param tokens tokens to price. Default: the tokens of the part
   */
  cost(
    day: string,
    part: PartOfModel,
    call: PricedSum = this.billed(part),
    tokens: Tokens = part.sums,
  ): Cost | undefined {
    // If the token counts of unpriced invocations add up to 0, the counts are missing. The cost is unknown.
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

  /**
   * Returns the price of zero tokens, which contains the rates of a part. Undefined if the rates are unknown.
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

export function hasTokens(tokens: Tokens): boolean {
  return promptTokens(tokens) + tokens.outputTokens > 0;
}

/**
 * Returns the number of invocations in a part for which AWS charges. Responses from a cache of the
 * application are free. Failed invocations without tokens are free. Failed invocations with tokens failed
 * while they streamed a response.
 */
export function billedCalls({ kind, sums }: Pick<TimeSlice, 'kind' | 'sums'>): number {
  if (kind === 'cached') return 0;
  if (kind !== 'failed') return sums.count;
  return hasTokens(sums) ? sums.partial || sums.count : 0;
}

/** Converts token counts to the input of the cost calculation. */
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

/** Recorded attributes that decide how invocations are billed. */
type BillingTerms = Pick<PartKey, 'modelId' | 'scope' | 'serviceTier' | 'batch'> & {
  readonly model: string;
};

/**
 * Returns the billing terms that decide the price of invocations. Some ids do not show the model, for example
 * ids of application inference profiles. For these ids, `standsFor` is an id that is built from the recorded
 * model and scope.
 *
 * @param region region of invocations whose id contains no region
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

/**
 * Returns the id with which a model is called in a scope. Undefined if the scope is geographic and the
 * geography is unknown.
 */
export function modelIdIn(
  model: string,
  scope: string | undefined,
  geography: string | undefined,
): string | undefined {
  if (scope === 'global') return `global.${model}`;
  if (scope !== 'geo') return model;
  return geography === undefined ? undefined : `${geography}.${model}`;
}

/** Returns the prefix of geographic inference profiles in a region, such as `eu` for `eu-central-1`. */
export function geographyOf(region: string | undefined): string | undefined {
  if (region?.startsWith('us-gov-')) return 'us-gov';
  const [continent] = region?.split('-', 1) ?? [];
  return continent === 'ap' ? 'apac' : continent;
}
