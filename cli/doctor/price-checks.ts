import type { Check, Finding } from './check';
import { CheckSkipped } from './context';
import type { Inspection } from './context';
import { invocationKind } from '../../lambda/invocation/invocation-counts';
import { CATALOG_AS_OF } from '../../lambda/pricing/list-prices/catalog';
import { parseModelId } from '../../lambda/pricing/model-id';
import { countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { METRICS } from '../../src/contract';

const WEEK_HOURS = 7 * 24;
/**
 * Maximum age of the price catalog in days. An older catalog causes a warning. AWS publishes prices every few
 * months.
 */
const STALE_DAYS = 90;
/** Maximum number of models that the result of one check names. */
const MAX_NAMES = 5;
/**
 * Prefix of the recorded model name for a call through an application inference profile. A name with this
 * prefix does not contain the foundation model.
 */
const PROFILE = 'application-inference-profile/';

/** Checks that find problems with the prices of invocations. */
export const PRICE_CHECKS: readonly Check[] = [
  { id: 'catalog', title: 'Price catalog', needs: [], inspect: async ({ now }) => catalogFinding(now) },
  {
    id: 'unpriced',
    title: 'Unpriced calls',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: checkUnpriced,
  },
  {
    id: 'profiles',
    title: 'Inference profiles',
    after: ['table', 'permissions'],
    needs: ['dynamodb:Query'],
    inspect: checkProfiles,
  },
];

/**
 * Warns if the price catalog of this package version is older than `STALE_DAYS`. `asOf` is the catalog's day.
 */
export function catalogFinding(now: Date, asOf = CATALOG_AS_OF): Finding {
  const age = countDays(asOf, dayOf(now)) - 1;
  if (age <= STALE_DAYS) return { status: 'ok', detail: `of ${asOf}` };
  return {
    status: 'warn',
    detail: `of ${asOf}, ${age} days old: newer models have no price, and prices may have changed`,
    fix:
      'Update the package (npm install cdk-token-analytics@latest) and deploy the functions with it. ' +
      '`token-analytics daily --reprice` shows the cost at the new prices.',
  };
}

async function checkUnpriced(inspection: Inspection): Promise<Finding> {
  const namespace = await inspection.namespace();
  const [unpriced] = await inspection.sums(
    [{ namespace, name: METRICS.unpricedInvocations.name }],
    WEEK_HOURS,
  );
  const models = distinctModels(
    (await inspection.recent().catch(() => [])).filter(trace =>
      ['unpriced', 'failedUnpriced'].includes(invocationKind(trace)),
    ),
  );
  if (unpriced === 0 && models.length === 0) return { status: 'ok', detail: 'none in 7 days' };
  const count =
    unpriced > 0 ? `${unpriced.toLocaleString('en-US')} in 7 days` : 'some in traces, none in metrics';
  const last = models.length === 0 ? '' : `. Models of the last ones: ${listed(models)}`;
  return {
    status: 'warn',
    detail: `${count}: no sum includes their unknown cost${last}`,
    fix:
      'Set their prices with `TokenPricing` (customPrices) or TOKEN_ANALYTICS_PRICES, or update the ' +
      'package. Then `--reprice` shows the missing cost.',
  };
}

async function checkProfiles(inspection: Inspection): Promise<Finding> {
  const traces = await inspection.recent();
  if (traces.length === 0) throw new CheckSkipped('there are no traces of today and yesterday');
  const hidden = distinctModels(traces.filter(({ model }) => parseModelId(model).opaque));
  if (hidden.length === 0) {
    const calls = traces.length === 1 ? 'the last call' : `each of the last ${traces.length} calls`;
    return { status: 'ok', detail: `${calls} names its foundation model` };
  }
  const profiles = hidden.filter(model => model.startsWith(PROFILE));
  return {
    status: 'warn',
    detail: `these names hide the foundation model and have no list price: ${listed(hidden)}`,
    fix:
      profiles.length > 0
        ? 'Map them to foundation models with `inferenceProfiles` (TOKEN_ANALYTICS_INFERENCE_PROFILES), or ' +
          'set TOKEN_ANALYTICS_RESOLVE_PROFILES to their ARNs and allow bedrock:GetInferenceProfile.'
        : 'Set the prices of these names with `customPrices` (TOKEN_ANALYTICS_PRICES).',
  };
}

function distinctModels(traces: readonly { readonly model: string }[]): string[] {
  return [...new Set(traces.map(({ model }) => model))].sort();
}

function listed(models: readonly string[]): string {
  return models.length <= MAX_NAMES
    ? models.join(', ')
    : `${models.slice(0, MAX_NAMES).join(', ')} and ${models.length - MAX_NAMES} more`;
}
