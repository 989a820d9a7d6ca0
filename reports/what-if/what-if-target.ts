import type { PricedSum } from '../../lambda/pricing/cost-calculator';
import { locateModelId, type ModelScope, parseModelId } from '../../lambda/pricing/model-id';
import { nearestModels } from '../../lambda/pricing/nearest-models';
import type { PartOfModel, PartPrices } from '../prices/part-prices';
import { geographyOf, idOf } from '../prices/priced-call';

/** How calls would be billed otherwise. What is left out stays as it was. */
export interface WhatIfTarget {
  /** Another model, by the foundation model's id: called in the scope in which the calls were. */
  readonly model?: string;
  /** Another model, by the id or ARN by which it would be called, which says its scope, too. */
  readonly modelId?: string;
  /** Another region. A geographic profile is that of the region's geography then. */
  readonly region?: string;
  /** `global` and `geo` for cross-region inference profiles, `in-region` without one. */
  readonly scope?: ModelScope;
  /** Another service tier. It takes calls out of a batch job. */
  readonly serviceTier?: 'default' | 'flex' | 'priority';
  /** Whether a batch job makes the calls, which then have no service tier. */
  readonly batch?: boolean;
}

const SCOPES: readonly unknown[] = ['global', 'geo', 'in-region'] satisfies ModelScope[];
const TIERS: readonly unknown[] = ['default', 'flex', 'priority'];
const MEMBERS: readonly string[] = [
  'model',
  'modelId',
  'region',
  'scope',
  'serviceTier',
  'batch',
] satisfies (keyof WhatIfTarget)[];
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d+$/;
/** Where no region is told, prices are those of the United States. */
const DEFAULT_GEOGRAPHY = 'us';

/**
 * Looks a target over. A text is a model: with a prefix, or as an ARN, the id by which it would be called.
 *
 * @throws RangeError for a target that says nothing, contradicts itself, or names a model that has no price
 */
export function targetOf(to: string | WhatIfTarget, prices: PartPrices): WhatIfTarget {
  const target = typeof to === 'string' ? targetOfText(to) : to;
  const given = Object.entries(target ?? {}).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !MEMBERS.includes(name));
  if (given.length === 0 || unknown) {
    throw new RangeError(
      `whatIf: to must be a model, or name some of ${MEMBERS.join(', ')}, got: ` +
        `${unknown ? unknown[0] : 'nothing'}`,
    );
  }
  const { model, modelId, region, scope, serviceTier, batch } = target;
  if (model !== undefined && modelId !== undefined) {
    throw new RangeError(
      `whatIf: to must name a model by model or by modelId, got both: ${model} and ${modelId}`,
    );
  }
  if (scope !== undefined && !SCOPES.includes(scope)) {
    throw new RangeError(`whatIf: to.scope must be ${SCOPES.join(', ')}, got: ${String(scope)}`);
  }
  if (scope !== undefined && modelId !== undefined) {
    throw new RangeError(
      `whatIf: to.modelId says its scope, got to.scope: ${scope} besides. Name the model by to.model`,
    );
  }
  if (serviceTier !== undefined && !TIERS.includes(serviceTier)) {
    throw new RangeError(`whatIf: to.serviceTier must be ${TIERS.join(', ')}, got: ${String(serviceTier)}`);
  }
  if (batch !== undefined && typeof batch !== 'boolean') {
    throw new RangeError(`whatIf: to.batch must be true or false, got: ${String(batch)}`);
  }
  if (batch && serviceTier !== undefined && serviceTier !== 'default') {
    throw new RangeError(
      `whatIf: a batch job has no service tier, got to.batch and to.serviceTier: ${serviceTier}. ` +
        'Leave one out',
    );
  }
  if (region !== undefined && !REGION.test(region)) {
    throw new RangeError(`whatIf: to.region must be a region such as eu-central-1, got: ${String(region)}`);
  }
  if (model !== undefined) requirePlain(model);
  const named = modelId ?? model;
  if (named !== undefined) requirePriced(named, prices);
  const regionOfArn = modelId === undefined ? undefined : parseModelId(modelId).region;
  if (region !== undefined && regionOfArn !== undefined && region !== regionOfArn) {
    throw new RangeError(
      `whatIf: the ARN of to.modelId names the region ${regionOfArn}, got to.region: ${region} besides`,
    );
  }
  return target;
}

/** How calls are billed at a target, of how they were. */
export function callAt(
  target: WhatIfTarget,
  part: PartOfModel,
  asIs: PricedSum,
  prices: PartPrices,
): PricedSum {
  const { modelId, model, region, scope } = target;
  const billed = { ...asIs, ...tierAt(target, asIs) };
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
  const id = idOf(model ?? part.model, scope ?? part.scope ?? parsed.scope, prefix) ?? asIs.modelId;
  return { ...billed, modelId: id, standsFor: undefined, region: where };
}

function tierAt(
  { serviceTier, batch }: WhatIfTarget,
  asIs: PricedSum,
): Pick<PricedSum, 'serviceTier' | 'batch'> {
  if (batch) return { serviceTier: undefined, batch };
  if (serviceTier !== undefined) return { serviceTier, batch: false };
  return { serviceTier: asIs.serviceTier, batch: batch ?? asIs.batch };
}

function targetOfText(to: string): WhatIfTarget {
  const { scope, region, opaque } = parseModelId(to);
  return scope !== 'in-region' || region !== undefined || opaque ? { modelId: to } : { model: to };
}

function requirePlain(model: string): void {
  const { scope, region } = parseModelId(model);
  if (scope === 'in-region' && region === undefined) return;
  throw new RangeError(
    `whatIf: to.model must be a foundation model's id without a prefix, got: ${model}. Give it as to.modelId`,
  );
}

function requirePriced(named: string, prices: PartPrices): void {
  if (prices.isPriced(named)) return;
  const near = nearestModels(named);
  throw new RangeError(
    'whatIf: to must be a model that has a price, got: ' +
      `${named}.${near.length > 0 ? ` Did you mean ${near.join(', ')}?` : ' Give it a custom price.'}`,
  );
}
