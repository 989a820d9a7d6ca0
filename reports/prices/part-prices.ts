import type { Cost } from '../../lambda/pricing/cost';
import { CostCalculator, type PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId, parseModelId, ProfileResolver } from '../../lambda/pricing/model-id';
import { pricedModels, priceKey } from '../../lambda/pricing/price-lookup';
import { unitCosts } from '../../lambda/pricing/unit-costs';
import { TimeSlice, isLongPrompt, type PartKey, partKeyOf } from '../../lambda/rollup/usage-part';
import { addTrace, noSums, promptTokens, type Sums } from '../../lambda/rollup/usage-sums';
import { startOfDay } from '../../lambda/rollup/utc-day';
import type { Trace } from '../../lambda/traces/trace';
import type { Units } from '../../lambda/usage/billed-units';
import type { TokenUsage } from '../../lambda/usage/token-usage';
import type { PartPrice } from '../figures/figure-sum';
import { type LowerBound, lowerBoundOf, UNIT_REASONS } from '../figures/lower-bound';
import type { Repricing } from '../results';
import type { Cell } from '../source/read-report';

/** Sums of one day's invocations of one foundation model with the same billing terms. */
export type PartOfModel = TimeSlice & { readonly model: string };

/** Sums of invocations with their UTC day, agent and model, for a cost calculation. */
export type PricedCell = Pick<Cell, 'day' | 'model' | 'agentId' | 'part'>;

/** Token counts by kind of token, from the sums of several invocations or from one trace. */
export type Tokens = Pick<
  Sums,
  'uncachedInputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens' | 'cacheWrite1hTokens' | 'outputTokens'
> &
  Partial<Pick<Sums, 'speechInputTokens' | 'speechOutputTokens'>>;

/** Calculates a new cost of recorded invocations from their token counts. */
export interface Repricer {
  /**
   * Returns the cost of the invocations in `part`, at the prices of `day`. If one kind of token has no price,
   * all invocations in `part` are unpriced, because their sums cannot be separated. Units besides tokens keep
   * their recorded cost.
   *
   * @param day UTC day of the invocations
   */
  priceOfPart(day: string, part: PartOfModel): PartPrice;
  /** Returns the cost of one invocation, at the prices of its time. */
  priceOfTrace(trace: Trace): PartPrice;
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
 * Creates a `Repricer`, which calculates a new cost of recorded invocations.
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
      if (billedCalls(part) === 0) return NOTHING;
      return recordedPrice(part) ?? priceWithUnits(part, prices.cost(day, part));
    },
    priceOfTrace: trace => {
      const part = partOfTrace(trace);
      if (billedCalls(part) === 0) return NOTHING;
      return recordedPrice(part) ?? priceWithUnits(part, prices.costOfTrace(trace, part));
    },
  };
}

/**
 * Returns the recorded cost of priced invocations without tokens, such as calls of ApplyGuardrail, because
 * prices of tokens do not change it. Returns undefined for all other invocations.
 */
export function recordedPrice({ kind, sums }: Pick<TimeSlice, 'kind' | 'sums'>): PartPrice | undefined {
  if (kind === 'unpriced' || hasTokens(sums)) return undefined;
  const { picoUsd, lowerBound, reasons } = sums;
  return { picoUsd, unpriced: 0, lowerBound, reasons };
}

/**
 * Adds the cost of units besides tokens to a cost of tokens. Units of invocations without a recorded cost
 * have their list price.
 *
 * @param cost new cost of the tokens. Undefined if it is unknown
 */
export function priceWithUnits(part: PartOfModel, cost: Cost | undefined): PartPrice {
  const calls = billedCalls(part);
  if (!cost) return { picoUsd: 0n, unpriced: calls };
  const { kind, sums } = part;
  const listed = kind === 'unpriced' && sums.units ? listedUnits(part.model, sums.units) : undefined;
  const hasUnknown = listed !== undefined && !listed.complete;
  return {
    picoUsd: cost.picoUsd + (listed?.picoUsd ?? sums.unitPicoUsd),
    unpriced: 0,
    ...lowerBoundOf(
      sums,
      reason => remains(reason, cost, sums),
      [...assumedOf(cost), ...(hasUnknown ? ['unitPrice'] : [])],
      calls,
    ),
  };
}

/** Returns the reasons why a new cost of tokens is a lower bound. Reasons that concern units are omitted. */
export function tokenLowerBound(part: PartOfModel, cost: Cost): LowerBound {
  const applies = (reason: string) => !UNIT_REASONS.has(reason) && remains(reason, cost, part.sums);
  return lowerBoundOf(part.sums, applies, assumedOf(cost), billedCalls(part));
}

/** Returns the reasons that apply to all invocations of a part, because they depend on the model id alone. */
function assumedOf({ lowerBound = [] }: Cost): readonly string[] {
  return lowerBound.filter(reason => reason === 'bareId');
}

/** Returns the cost of units at list prices. `complete` is false if a unit has no price. */
function listedUnits(model: string, units: Iterable<readonly [string, number]>) {
  const { model: id, vendor } = parseModelId(model);
  const costs = unitCosts(Object.fromEntries(units) as Units, { key: priceKey(id), vendor });
  return {
    picoUsd: costs.reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n),
    complete: costs.every(({ picoUsd }) => picoUsd !== undefined),
  };
}

/** Returns true if a recorded reason why a cost is a lower bound also applies to the new cost. */
function remains(reason: string, { lowerBound = [], price }: Cost, sums: Sums): boolean {
  switch (reason) {
    case 'bareId':
      return false;
    case 'cacheWriteTtl':
      return lowerBound.includes(reason);
    case 'cacheTokens':
      return (price.cacheRead ?? 0) > 0;
    case 'speechTokens':
      // If other invocations have speech counts, the calculator cannot see that some are missing.
      return lowerBound.includes(reason) || hasSpeech(sums);
    default:
      return true;
  }
}

function hasSpeech({ speechInputTokens = 0, speechOutputTokens = 0 }: Tokens): boolean {
  return speechInputTokens + speechOutputTokens > 0;
}

/** Returns a trace as a part with one invocation. */
function partOfTrace(trace: Trace): PartOfModel {
  const sums = noSums();
  addTrace(sums, trace);
  return { ...partKeyOf(trace), model: trace.model, sums };
}

/** Calculator of costs from token counts, for sums of invocations and for single traces. */
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
   * Returns true if the catalog or the custom prices have a price for the model, in any region and at any
   * date.
   */
  isPriced(modelId: string): boolean {
    const { model } = parseModelId(this.profiles.resolve(modelId));
    return pricedModels().includes(priceKey(model)) || this.calculator.price(modelId) !== undefined;
  }

  /** Returns the recorded billing terms of a part, such as the model id and the service tier. */
  billed(part: PartOfModel): PricedSum {
    return pricedCall(part, this.profiles, this.region);
  }

  /**
   * Returns the cost of `part` at the prices of `day`. If a price is unknown, or if `part.mixed` is true,
   * returns undefined.
   *
   * @param call billing terms for the calculation. Default: the recorded billing terms
   * @param tokens token counts for the calculation. Default: the token counts of the part
   */
  cost(
    day: string,
    part: PartOfModel,
    call: PricedSum = this.billed(part),
    tokens: Tokens = part.sums,
  ): Cost | undefined {
    // If unpriced invocations have no tokens, their token counts are missing. Their cost is then unknown, and
    // not 0.
    if (part.mixed || (part.kind === 'unpriced' && !hasTokens(part.sums))) return undefined;
    return this.calculator.calculateSum(
      usageWithDoubts(tokens, part.sums),
      { ...call, at: startOfDay(day) },
      above => isLongPrompt(part, above),
    );
  }

  /**
   * Returns the cost of one invocation. Undefined if the price is unknown.
   *
   * @param part the invocation as a part
   */
  costOfTrace(trace: Trace, part = partOfTrace(trace)): Cost | undefined {
    if (part.kind === 'unpriced' && !hasTokens(trace)) return undefined;
    return this.calculator.calculateSum(
      usageWithDoubts(part.sums, part.sums),
      { ...this.billed(part), at: trace.timestamp },
      above => promptTokens(trace) > above,
    );
  }

  /**
   * Returns a `Cost` for 0 tokens. Its field `price` contains the rates for the invocations in `part`. If the
   * rates are unknown, returns undefined.
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
 * Returns the number of invocations in a part for which AWS charges. Cached responses and failed invocations
 * without tokens and units are free. A failed invocation has tokens if it failed during a streamed response.
 */
export function billedCalls({ kind, sums }: Pick<TimeSlice, 'kind' | 'sums'>): number {
  if (kind === 'cached') return 0;
  if (kind !== 'failed') return sums.count;
  return hasTokens(sums) || sums.units ? sums.partial || sums.count : 0;
}

/**
 * Converts token counts to the `TokenUsage` from which the cost is calculated. If the recorded cost of an
 * invocation is a lower bound because of a doubt about its tokens, the new cost may be one, too.
 */
function usageWithDoubts(tokens: Tokens, { reasons }: Sums): TokenUsage {
  const usage = usageOf(tokens);
  if (!reasons) return usage;
  return {
    ...usage,
    ...(reasons.has('cacheWriteTtl') && { cacheWriteTtlUnknown: true }),
    ...(reasons.has('speechTokens') &&
      !hasSpeech(tokens) && { speechInputTokens: undefined, speechOutputTokens: undefined }),
  };
}

/** Converts token counts to the `TokenUsage` from which the cost is calculated. */
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

/** Recorded attributes that determine the price of an invocation, such as the service tier. */
type BillingTerms = Pick<PartKey, 'modelId' | 'scope' | 'serviceTier' | 'batch'> & {
  readonly model: string;
};

/**
 * Returns the billing terms of invocations. If `modelId` does not show the model, `standsFor` is an id with
 * the model, such as `eu.amazon.nova-lite-v1:0`. For example, the id of an application inference profile does
 * not show the model.
 *
 * @param region region of invocations whose model id contains no region
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
 * Returns the model id for a scope, such as `eu.amazon.nova-lite-v1:0` for the scope `geo` in Europe.
 * Undefined if the scope is `geo` and `geography` is undefined.
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

/** Returns the geography of a region, as in the ids of inference profiles: `eu` for `eu-central-1`. */
export function geographyOf(region: string | undefined): string | undefined {
  if (region?.startsWith('us-gov-')) return 'us-gov';
  const [continent] = region?.split('-', 1) ?? [];
  return continent === 'ap' ? 'apac' : continent;
}
