import { type CheckResult, runChecks } from '../../../cli/doctor/check';
import { openInspection } from '../../../cli/doctor/context';
import { PRICE_CHECKS } from '../../../cli/doctor/price-checks';
import { CATALOG_AS_OF } from '../../../lambda/pricing/list-prices/catalog';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { startTraceEngine, type TracedCall, type TraceEngine } from '../../support/trace-engine';

const NOW = new Date(`${CATALOG_AS_OF}T12:00:00.000Z`);
const TODAY = new Date(NOW.getTime() - 60_000);
const NAMESPACE = 'OPX/Analytics/test';
const HOUR_MS = 3_600_000;
const PROFILE = 'application-inference-profile/abc123';
const PRICED: TracedCall = { at: TODAY, usd: 1 };
const UNPRICED_FIX =
  'Set their prices with `TokenPricing` (customPrices) or TOKEN_ANALYTICS_PRICES, or update the package. ' +
  'Then `--reprice` shows the missing cost.';

let engine: TraceEngine;
let cloudWatch: CloudWatchEmulator;

beforeEach(async () => {
  [engine, cloudWatch] = await Promise.all([startTraceEngine(), startCloudWatch()]);
});

afterEach(async () => {
  await Promise.all([engine.close(), cloudWatch.close()]);
});

/** Returns one call without cost for each of the given models. */
const unpriced = (...models: string[]): TracedCall[] =>
  models.map(model => ({ at: TODAY, model, modelId: model }));

function measureUnpriced(count: number, hoursAgo = 1): void {
  cloudWatch.store.putDatum({
    namespace: NAMESPACE,
    name: 'UnpricedInvocations',
    dimensions: {},
    timestamp: new Date(NOW.getTime() - hoursAgo * HOUR_MS),
    values: [count],
  });
}

async function look(env: NodeJS.ProcessEnv = {}): Promise<Readonly<Record<string, CheckResult>>> {
  const looking = openInspection(
    { namespace: NAMESPACE },
    async () => ({
      tableName: 'Traces',
      region: 'us-east-1',
      endpoint: engine.endpoint,
      from: 'from --table',
    }),
    NOW,
    { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.endpoint, ...env },
  );
  try {
    const results = await runChecks(PRICE_CHECKS, looking);
    return Object.fromEntries(results.map(result => [result.id, result]));
  } finally {
    looking.close();
  }
}

test('finds nothing wrong if all calls have a price', async () => {
  await engine.put([PRICED, { ...PRICED, at: new Date(TODAY.getTime() - 1000) }]);
  measureUnpriced(0);

  expect(await look()).toEqual({
    catalog: { id: 'catalog', title: 'Price catalog', status: 'ok', detail: `of ${CATALOG_AS_OF}` },
    unpriced: { id: 'unpriced', title: 'Unpriced calls', status: 'ok', detail: 'none in 7 days' },
    profiles: {
      id: 'profiles',
      title: 'Inference profiles',
      status: 'ok',
      detail: 'each of the last 2 calls names its foundation model',
    },
  });
});

describe('check for unpriced calls', () => {
  test('counts the unpriced calls of seven days, and names the models of those from today and yesterday', async () => {
    await engine.put([...unpriced('zeta.model-v1', 'alpha.model-v1', 'zeta.model-v1'), PRICED]);
    measureUnpriced(1200, 1);
    measureUnpriced(34, 6.9 * 24);
    measureUnpriced(5000, 7.1 * 24);

    expect((await look()).unpriced).toEqual({
      id: 'unpriced',
      title: 'Unpriced calls',
      status: 'warn',
      detail:
        '1,234 in 7 days: no sum includes their unknown cost. Models of the last ones: alpha.model-v1, ' +
        'zeta.model-v1',
      fix: UNPRICED_FIX,
    });
  });

  test('gives no number if only traces have unpriced calls', async () => {
    await engine.put(unpriced('acme.model'));

    expect((await look()).unpriced).toEqual(
      expect.objectContaining({
        status: 'warn',
        detail:
          'some in traces, none in metrics: no sum includes their unknown cost. Models of the last ones: ' +
          'acme.model',
      }),
    );
  });

  test('names no model if today and yesterday have no unpriced call', async () => {
    measureUnpriced(7, 72);

    expect((await look()).unpriced).toEqual(
      expect.objectContaining({
        status: 'warn',
        detail: '7 in 7 days: no sum includes their unknown cost',
      }),
    );
  });

  test.each([
    [5, 'a1.m, a2.m, a3.m, a4.m, a5.m'],
    [7, 'a1.m, a2.m, a3.m, a4.m, a5.m and 2 more'],
  ])('names at most five of %d unpriced models', async (count, names) => {
    await engine.put(unpriced(...Array.from({ length: count }, (_, index) => `a${index + 1}.m`)));
    measureUnpriced(count);

    const { detail } = (await look()).unpriced;
    expect(detail.slice(detail.lastIndexOf(': ') + 2)).toBe(names);
  });

  test('names the model of a failed call that used tokens, but not of one that used none', async () => {
    await engine.put([
      { at: TODAY, model: 'acme.failed-late', error: 'ModelStreamErrorException' },
      { at: TODAY, model: 'acme.failed-early', error: 'ThrottlingException', usage: undefined },
      { at: TODAY, model: 'acme.cached', cached: true },
    ]);
    measureUnpriced(1);

    expect((await look()).unpriced.detail).toBe(
      '1 in 7 days: no sum includes their unknown cost. Models of the last ones: acme.failed-late',
    );
  });

  test('counts unpriced calls if traces cannot be read', async () => {
    await engine.put(unpriced('acme.model'));
    engine.refuses = operation => operation === 'Query';
    measureUnpriced(7);

    const { unpriced: finding, profiles } = await look();
    expect(finding.detail).toBe('7 in 7 days: no sum includes their unknown cost');
    expect(profiles).toEqual(
      expect.objectContaining({ status: 'skipped', detail: 'dynamodb:Query is not allowed' }),
    );
  });

  test('warns with the reason if metrics cannot be read', async () => {
    await engine.put([PRICED]);
    const finding = (await look({ AWS_ENDPOINT_URL_CLOUDWATCH: 'http://127.0.0.1:1' })).unpriced;

    expect([finding.status, finding.detail.startsWith('the check failed: ')]).toEqual(['warn', true]);
  });
});

describe('check of inference profiles', () => {
  test('skips the check of inference profiles if today and yesterday have no traces', async () => {
    await engine.put([{ ...PRICED, at: new Date(NOW.getTime() - 3 * 24 * HOUR_MS) }]);

    expect((await look()).profiles).toEqual({
      id: 'profiles',
      title: 'Inference profiles',
      status: 'skipped',
      detail: 'there are no traces of today and yesterday',
    });
  });

  test('names each inference profile that hides its model once, and explains how to declare the model', async () => {
    await engine.put([PRICED, ...unpriced(PROFILE, PROFILE, 'custom-model/x')]);

    expect((await look()).profiles).toEqual({
      id: 'profiles',
      title: 'Inference profiles',
      status: 'warn',
      detail: `these names hide the foundation model and have no list price: ${PROFILE}, custom-model/x`,
      fix:
        'Map them to foundation models with `inferenceProfiles` (TOKEN_ANALYTICS_INFERENCE_PROFILES), or set ' +
        'TOKEN_ANALYTICS_RESOLVE_PROFILES to their ARNs and allow bedrock:GetInferenceProfile.',
    });
  });

  test('asks for a custom price if an id other than an inference profile hides its model', async () => {
    await engine.put([PRICED, ...unpriced('custom-model/x')]);

    expect((await look()).profiles).toEqual(
      expect.objectContaining({
        status: 'warn',
        detail: 'these names hide the foundation model and have no list price: custom-model/x',
        fix: 'Set the prices of these names with `customPrices` (TOKEN_ANALYTICS_PRICES).',
      }),
    );
  });

  test('uses the singular for one call', async () => {
    await engine.put([PRICED]);

    expect((await look()).profiles.detail).toBe('the last call names its foundation model');
  });
});
