import type { Check, Finding } from './check';
import { CheckSkipped } from './context';
import type { Inspection } from './context';
import { invocationKind } from '../../lambda/invocation/invocation-counts';
import { CATALOG_AS_OF } from '../../lambda/pricing/catalog';
import { parseModelId } from '../../lambda/pricing/model-id';
import { countDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { METRICS } from '../../src/contract';

const WEEK_HOURS = 7 * 24;
/** Prices are published every few months. */
const STALE_DAYS = 90;
const MAX_NAMES = 5;
/** How the names begin of what an application inference profile hides. */
const PROFILE = 'application-inference-profile/';

/** Whether each call has a price, and the right one. */
export const PRICE_CHECKS: readonly Check[] = [
  { id: 'catalog', title: 'Price catalog', needs: [], inspect: async ({ now }) => catalogFinding(now) },
  {
    id: 'unpriced',
    title: 'Calls without a price',
    after: ['region', 'credentials'],
    needs: ['cloudwatch:GetMetricData'],
    inspect: lookAtUnpriced,
  },
  {
    id: 'profiles',
    title: 'Inference profiles',
    after: ['table', 'permissions'],
    needs: ['dynamodb:Query'],
    inspect: lookAtProfiles,
  },
];

/** How old the prices of this version are. */
export function catalogFinding(now: Date, asOf = CATALOG_AS_OF): Finding {
  const age = countDays(asOf, dayOf(now)) - 1;
  if (age <= STALE_DAYS) return { status: 'ok', detail: `of ${asOf}` };
  return {
    status: 'warn',
    detail: `of ${asOf}, ${age} days old: newer models have no price, and prices may have changed`,
    fix:
      'Update the package (npm install cdk-token-analytics@latest), deploy the functions with it, and ' +
      'see `token-analytics daily --reprice`.',
  };
}

async function lookAtUnpriced(visit: Inspection): Promise<Finding> {
  const namespace = await visit.namespace();
  const [unpriced] = await visit.sums([{ namespace, name: METRICS.unpricedInvocations.name }], WEEK_HOURS);
  const models = modelsOf(
    (await visit.recent().catch(() => [])).filter(trace =>
      ['unpriced', 'failedUnpriced'].includes(invocationKind(trace)),
    ),
  );
  if (unpriced === 0 && models.length === 0) return { status: 'ok', detail: 'none in 7 days' };
  const count =
    unpriced > 0 ? `${unpriced.toLocaleString('en-US')} in 7 days` : 'in traces, and not in metrics';
  const last = models.length === 0 ? '' : `; of the last calls: ${listed(models)}`;
  return {
    status: 'warn',
    detail: `${count}: their cost is unknown, and no sum has it${last}`,
    fix:
      'Give their prices by `TokenPricing` (customPrices) or TOKEN_ANALYTICS_PRICES, or update the ' +
      'package; then `--reprice` tells what was missing.',
  };
}

async function lookAtProfiles(visit: Inspection): Promise<Finding> {
  const traces = await visit.recent();
  if (traces.length === 0) throw new CheckSkipped('there are no traces of today and yesterday');
  const hidden = modelsOf(traces.filter(({ model }) => parseModelId(model).opaque));
  if (hidden.length === 0) {
    const calls = traces.length === 1 ? 'the last call' : `each of the last ${traces.length} calls`;
    return { status: 'ok', detail: `${calls} says its foundation model` };
  }
  const profiles = hidden.filter(model => model.startsWith(PROFILE));
  return {
    status: 'warn',
    detail: `they hide the foundation model, and have no list price: ${listed(hidden)}`,
    fix:
      profiles.length > 0
        ? 'Say what they stand for by `inferenceProfiles` (TOKEN_ANALYTICS_INFERENCE_PROFILES), or set ' +
          'TOKEN_ANALYTICS_RESOLVE_PROFILES to their ARNs and allow bedrock:GetInferenceProfile.'
        : 'Give their prices by `customPrices` (TOKEN_ANALYTICS_PRICES), by the names above.',
  };
}

function modelsOf(traces: readonly { readonly model: string }[]): string[] {
  return [...new Set(traces.map(({ model }) => model))].sort();
}

function listed(models: readonly string[]): string {
  return models.length <= MAX_NAMES
    ? models.join(', ')
    : `${models.slice(0, MAX_NAMES).join(', ')} and ${models.length - MAX_NAMES} more`;
}
