import type { PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId, type ModelScope, parseModelId } from '../../lambda/pricing/model-id';
import { nearestModels } from '../../lambda/pricing/nearest-models';
import { ReportArgumentError } from '../errors';
import { geographyOf, modelIdIn, type PartOfModel, type PartPrices } from '../prices/part-prices';

/** Other billing terms for a what-if comparison. An omitted member keeps its recorded value. */
export interface WhatIfTarget {
  /** Id of another foundation model, such as `amazon.nova-lite-v1:0`. The invocations keep their `scope`. */
  readonly model?: string;
  /** Id of a foundation model, id of an inference profile, or ARN. It determines the model and the scope. */
  readonly modelId?: string;
  /**
   * Another region, such as `eu-central-1`. Invocations through a geographic inference profile then use the
   * profile of that geography, such as `eu`.
   */
  readonly region?: string;
  /**
   * `global` for a global inference profile, `geo` for a geographic inference profile, `in-region` for no
   * inference profile.
   */
  readonly scope?: ModelScope;
  /** Another service tier. Invocations of batch jobs become on-demand invocations. */
  readonly serviceTier?: 'default' | 'flex' | 'priority';
  /**
   * True to price all invocations as batch jobs, which have no service tier. False to price them as on-demand
   * invocations.
   */
  readonly batch?: boolean;
}

const SCOPES: readonly string[] = ['global', 'geo', 'in-region'] satisfies ModelScope[];
const TIERS: readonly string[] = ['default', 'flex', 'priority'];
const MEMBERS: readonly string[] = [
  'model',
  'modelId',
  'region',
  'scope',
  'serviceTier',
  'batch',
] satisfies (keyof WhatIfTarget)[];
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;
/** Geography that is assumed for an invocation if its region is unknown. */
const DEFAULT_GEOGRAPHY = 'us';

/**
 * Validates a what-if target, and returns the target as an object. A string is the id of a foundation model,
 * the id of an inference profile, or an ARN.
 *
 * @throws ReportArgumentError if the target is empty or contradicts itself. Also if the target names a model
 * that has no price
 */
export function parseTarget(to: string | WhatIfTarget, prices: PartPrices): WhatIfTarget {
  const target = typeof to === 'string' ? parseModelText(to) : to;
  const given = Object.entries(target ?? {}).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !MEMBERS.includes(name));
  if (given.length === 0 || unknown) {
    throw new ReportArgumentError({
      code: 'invalid-target',
      allowed: MEMBERS,
      ...(unknown && { member: unknown[0] }),
    });
  }
  requireTypes(target);
  const { model, modelId, region, scope, serviceTier, batch } = target;
  if (model !== undefined && modelId !== undefined) {
    throw new ReportArgumentError({ code: 'two-models', model, modelId });
  }
  if (scope !== undefined && modelId !== undefined) {
    throw new ReportArgumentError({ code: 'two-scopes', modelId, scope });
  }
  if (batch && serviceTier !== undefined && serviceTier !== 'default') {
    throw new ReportArgumentError({ code: 'tier-in-batch', serviceTier });
  }
  if (model !== undefined) requireFoundationModel(model);
  const named = modelId ?? model;
  if (named !== undefined && !prices.isPriced(named)) {
    throw new ReportArgumentError({
      code: 'unpriced-model',
      model: named,
      suggestions: nearestModels(named),
    });
  }
  if (modelId !== undefined && region !== undefined) {
    const arnRegion = parseModelId(modelId).region;
    if (arnRegion !== undefined && region !== arnRegion) {
      throw new ReportArgumentError({ code: 'two-regions', modelId, region });
    }
  }
  return target;
}

/** Validates the values of a target at runtime, because callers without type checks can pass anything. */
function requireTypes({ region, scope, serviceTier, batch }: WhatIfTarget): void {
  for (const [argument, value, allowed] of [
    ['to.scope', scope, SCOPES],
    ['to.serviceTier', serviceTier, TIERS],
  ] as const) {
    if (value !== undefined && !allowed.includes(value)) {
      throw new ReportArgumentError({ code: 'not-one-of', argument, value: String(value), allowed });
    }
  }
  if (batch !== undefined && typeof batch !== 'boolean') {
    throw new ReportArgumentError({ code: 'not-a-boolean', argument: 'to.batch', value: String(batch) });
  }
  if (region !== undefined && !REGION.test(region)) {
    throw new ReportArgumentError({ code: 'invalid-region', argument: 'to.region', value: String(region) });
  }
}

/**
 * Returns the billing terms of invocations after the changes in `target`.
 *
 * @param asIs recorded billing terms of the invocations
 */
export function applyTarget(
  target: WhatIfTarget,
  part: PartOfModel,
  asIs: PricedSum,
  prices: PartPrices,
): PricedSum {
  const { modelId, model, region, scope } = target;
  const billed = { ...asIs, ...applyTier(target, asIs) };
  if (modelId !== undefined) {
    return { ...billed, modelId, standsFor: undefined, region: region ?? asIs.region };
  }
  if (model === undefined && region === undefined && scope === undefined) return billed;
  const { parsed, geography } = locateModelId(asIs.standsFor ?? prices.profiles.resolve(asIs.modelId));
  const where = region ?? parsed.region ?? asIs.region;
  const prefix =
    region === undefined && geography !== undefined
      ? geography
      : (geographyOf(where ?? prices.region) ?? DEFAULT_GEOGRAPHY);
  const id = modelIdIn(model ?? part.model, scope ?? part.scope ?? parsed.scope, prefix) ?? asIs.modelId;
  return { ...billed, modelId: id, standsFor: undefined, region: where };
}

function applyTier(
  { serviceTier, batch }: WhatIfTarget,
  asIs: PricedSum,
): Pick<PricedSum, 'serviceTier' | 'batch'> {
  if (batch) return { serviceTier: undefined, batch };
  if (serviceTier !== undefined) return { serviceTier, batch: false };
  return { serviceTier: asIs.serviceTier, batch: batch ?? asIs.batch };
}

function parseModelText(to: string): WhatIfTarget {
  const { scope, region, opaque } = parseModelId(to);
  return scope !== 'in-region' || region !== undefined || opaque ? { modelId: to } : { model: to };
}

function requireFoundationModel(model: string): void {
  const { scope, region } = parseModelId(model);
  if (scope === 'in-region' && region === undefined) return;
  throw new ReportArgumentError({ code: 'prefixed-model', model });
}
