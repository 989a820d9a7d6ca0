import type { PricedSum } from '../../lambda/pricing/cost-calculator';
import type { ProfileResolver } from '../../lambda/pricing/model-id';
import { locateModelId, parseModelId } from '../../lambda/pricing/model-id';
import type { PartKey } from '../../lambda/rollup/usage-part';

/** What the records of some calls say of how they are billed. */
export type BillingTerms = Pick<PartKey, 'modelId' | 'scope' | 'serviceTier' | 'batch'> & {
  readonly model: string;
};

/**
 * How a part's calls are billed. Where the id that was called hides its model (an application inference
 * profile, a prompt router, an id that was too long for a trace), the trace says which model answered and in
 * what scope, and the id's region where that was.
 *
 * @param region of calls whose id names none
 */
export function pricedCall(
  { model, modelId = model, scope, serviceTier, batch }: BillingTerms,
  profiles: ProfileResolver,
  region?: string,
): PricedSum {
  const { parsed, geography } = locateModelId(modelId);
  const isHidden =
    profiles.resolve(modelId) === modelId && parsed.model !== model && !parseModelId(model).opaque;
  const standsFor = isHidden
    ? idOf(model, scope, geography ?? geographyOf(parsed.region ?? region))
    : undefined;
  return { modelId, standsFor, region: parsed.region, serviceTier, batch };
}

/** The id by which a model is called in a scope; undefined where its geography is not known. */
export function idOf(
  model: string,
  scope: string | undefined,
  geography: string | undefined,
): string | undefined {
  if (scope === 'global') return `global.${model}`;
  if (scope !== 'geo') return model;
  return geography === undefined ? undefined : `${geography}.${model}`;
}

/** The prefix of the geographic profiles of a region. */
export function geographyOf(region: string | undefined): string | undefined {
  if (region?.startsWith('us-gov-')) return 'us-gov';
  const [continent] = region?.split('-', 1) ?? [];
  return continent === 'ap' ? 'apac' : continent;
}
