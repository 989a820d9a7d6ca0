import { traceFromItem } from '../../../lambda/traces/trace';
import { traceItem } from '../../../lambda/traces/trace-item';
import { stdoutOf } from '../../support/stdout';
import { million } from '../pricing/support';
import { type Invocation, TokenTracker, type TokenTrackerOptions } from 'cdk-token-analytics/runtime';

const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const ROUTER = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1';
const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, totalTokens: 2_000_000 };

async function tracked(
  modelId: string,
  response: unknown,
  options: TokenTrackerOptions = {},
): Promise<Invocation> {
  let invocation: Invocation | undefined;
  await stdoutOf(async () => {
    const tracker = new TokenTracker({ sink: 'emf', ...options });
    ({ invocation } = await tracker.track({ agentId: 'triage', modelId }, () => response));
    await tracker.flush();
  });
  return invocation as Invocation;
}

describe('prices of calls', () => {
  test('a call through a prompt router is priced and counted as the model that the router invoked', async () => {
    const invokedModelId = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${SONNET}`;
    const { model, modelId, scope, cost } = await tracked(ROUTER, {
      usage,
      trace: { promptRouter: { invokedModelId } },
    });

    expect([model, modelId, scope, cost?.usd]).toEqual([SONNET, ROUTER, 'geo', 19.8]);
    expect((await tracked(ROUTER, { usage })).cost).toBeUndefined();
  });

  test.each([
    ['the tier that served it', { usage, serviceTier: { type: 'flex' } }, 2],
    [
      'the tier in a response of InvokeModel',
      { body: new TextEncoder().encode(JSON.stringify({ usage })), serviceTier: 'priority' },
      7,
    ],
    ['the standard tier, for any requested tier', { usage, serviceTier: { type: 'default' } }, 4],
    [
      'no known price, with optimized latency',
      { usage, performanceConfig: { latency: 'optimized' } },
      undefined,
    ],
    [
      'no known price, with optimized latency in a response of InvokeModel',
      { body: new TextEncoder().encode(JSON.stringify({ usage })), performanceConfigLatency: 'optimized' },
      undefined,
    ],
    ['the standard price, with standard latency', { usage, performanceConfig: { latency: 'standard' } }, 4],
  ])('a call has %s', async (_what, response, usd) => {
    expect((await tracked('amazon.nova-pro-v1:0', response)).cost?.usd).toBe(usd);
  });

  test('a call with two different output counts has the difference in its trace', async () => {
    await stdoutOf(async () => {
      const invocation = new TokenTracker({ sink: 'emf' }).record({
        agentId: 'triage',
        modelId: SONNET,
        usage: million,
        outputDifference: 36,
      });

      expect(traceItem(invocation, { writeShards: 1, ttlDays: 90 }).outputDifference).toEqual({ N: '36' });
      expect(
        traceItem(
          new TokenTracker({ sink: 'emf' }).record({ agentId: 'triage', modelId: SONNET, usage: million }),
          { writeShards: 1, ttlDays: 90 },
        ),
      ).not.toHaveProperty('outputDifference');
    });
  });

  test('a call with a lower bound as its cost has the reasons in its trace', async () => {
    await stdoutOf(async () => {
      const tracker = new TokenTracker({ sink: 'emf' });
      const written = { ...million, cacheWrite5mTokens: 5, cacheWriteTtlUnknown: true };
      const traceOf = (modelId: string) =>
        traceItem(tracker.record({ agentId: 'triage', modelId, usage: written }), {
          writeShards: 1,
          ttlDays: 90,
        });

      expect(traceOf(SONNET).costIsLowerBound).toEqual({ S: 'bareId,cacheWriteTtl' });
      expect(traceFromItem(traceOf(SONNET)).costIsLowerBound).toEqual(['bareId', 'cacheWriteTtl']);
      expect(traceOf(`us.${SONNET}`).costIsLowerBound).toEqual({ S: 'cacheWriteTtl' });
      expect(traceOf('amazon.nova-lite-v1:0')).not.toHaveProperty('costIsLowerBound');
      expect(traceFromItem(traceOf('amazon.nova-lite-v1:0')).costIsLowerBound).toBeUndefined();
    });
  });

  test('a call of a batch job has half the price', async () => {
    await stdoutOf(() => {
      expect(
        new TokenTracker({ sink: 'emf' }).record({
          agentId: 'triage',
          modelId: 'amazon.nova-lite-v1:0',
          usage: million,
          batch: true,
        }).cost?.usd,
      ).toBe(0.15);
    });
  });
});

describe('fromEnvironment', () => {
  const costWith = async (env: Record<string, string>, modelId: string) => {
    const warnings: string[] = [];
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation(chunk => {
      warnings.push((JSON.parse(String(chunk)) as { message: string }).message);
      return true;
    });
    let usd: number | undefined;
    await stdoutOf(() => {
      usd = TokenTracker.fromEnvironment({ ...env, TOKEN_ANALYTICS_SINK: 'emf' }).record({
        agentId: 'triage',
        modelId,
        usage: million,
      }).cost?.usd;
    });
    spy.mockRestore();
    return { usd, warnings };
  };

  test('the environment sets custom prices, profiles, the price of bare ids and the region', async () => {
    const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

    expect(
      await costWith(
        { TOKEN_ANALYTICS_PRICES: '{"amazon.nova-*":{"input":1,"output":2}}' },
        'amazon.nova-lite-v1:0',
      ),
    ).toEqual({ usd: 3, warnings: [] });
    expect(
      await costWith(
        { TOKEN_ANALYTICS_INFERENCE_PROFILES: '{"abcdefghijkl":"amazon.nova-lite-v1:0"}' },
        profile,
      ),
    ).toEqual({ usd: 0.3, warnings: [] });
    expect(await costWith({ TOKEN_ANALYTICS_BARE_ID_PRICE: 'in-region' }, SONNET)).toEqual({
      usd: 19.8,
      warnings: [],
    });
    // With AWS_REGION, which Lambda sets, the price of an id without a region prefix is that of the region.
    expect(await costWith({ AWS_REGION: 'us-east-1' }, SONNET)).toEqual({ usd: 19.8, warnings: [] });
    expect(
      await costWith({ AWS_REGION: 'us-east-1', TOKEN_ANALYTICS_BARE_ID_PRICE: 'global' }, SONNET),
    ).toEqual({ usd: 18, warnings: [] });
    expect(await costWith({}, SONNET)).toEqual({ usd: 18, warnings: [] });
    expect(await costWith({ AWS_REGION: 'eu-central-1' }, 'amazon.nova-lite-v1:0')).toEqual({
      usd: 0.39,
      warnings: [],
    });
  });

  test('the environment causes a warning for an invalid price, and its other prices are used', async () => {
    const prices =
      '{"a.model":{"input":-1,"output":2},"b.model":{"input":1,"output":2},"__proto__":{"input":1}}';

    expect(await costWith({ TOKEN_ANALYTICS_PRICES: prices }, 'b.model')).toEqual({
      usd: 3,
      warnings: [
        'TOKEN_ANALYTICS_PRICES: a.model must have input as USD per million tokens, finite and 0 or ' +
          'more, got: -1. It is ignored.',
        'TOKEN_ANALYTICS_PRICES: __proto__ must have output as USD per million tokens, finite and 0 ' +
          'or more, got: undefined. It is ignored.',
      ],
    });
    expect(await costWith({ TOKEN_ANALYTICS_PRICES: prices }, 'a.model')).toEqual({
      usd: undefined,
      warnings: [],
    });
  });

  test('the environment causes a warning for a price that is too high, and its other prices are used', async () => {
    const prices =
      '{"c.model":{"input":1e300,"output":1},"d.model":{"input":1,"output":2,"tierFactors":{"flex":1e9}},' +
      '"e.model":{"input":1,"output":2}}';

    expect(await costWith({ TOKEN_ANALYTICS_PRICES: prices }, 'e.model')).toEqual({
      usd: 3,
      warnings: [
        'TOKEN_ANALYTICS_PRICES: c.model must have input of at most 10000000 USD per million tokens, got: ' +
          '1e+300. It is ignored.',
        'TOKEN_ANALYTICS_PRICES: d.model must have tierFactors.flex of at most 1000, got: 1000000000. ' +
          'It is ignored.',
      ],
    });
    expect(await costWith({ TOKEN_ANALYTICS_PRICES: prices }, 'c.model')).toEqual({
      usd: undefined,
      warnings: [],
    });
  });

  test.each([
    ['TOKEN_ANALYTICS_PRICES', '{"a', 'a JSON object of prices by model id'],
    [
      'TOKEN_ANALYTICS_DISCOUNTS',
      '0.1',
      'a JSON object of shares from 0 to 1 by vendor, model id or pattern',
    ],
    ['TOKEN_ANALYTICS_INFERENCE_PROFILES', '[]', 'a JSON object of model ids by profile'],
    ['TOKEN_ANALYTICS_BARE_ID_PRICE', 'cheap', 'global or in-region'],
    [
      'TOKEN_ANALYTICS_RESOLVE_PROFILES',
      'maybe',
      'true or false, or ARNs of inference profiles with commas between them',
    ],
  ])(
    'the environment causes a warning for an invalid %s, and its default is used',
    async (variable, value, wanted) => {
      expect(await costWith({ [variable]: value }, 'amazon.nova-lite-v1:0')).toEqual({
        usd: 0.3,
        warnings: [`${variable} must be ${wanted}, got: ${value}. The default is used.`],
      });
    },
  );

  test('the environment sets discounts on list prices, and causes a warning for invalid ones', async () => {
    const discounts = { TOKEN_ANALYTICS_DISCOUNTS: '{"amazon":0.1,"anthropic":10,"Meta":0.5}' };
    const free = { TOKEN_ANALYTICS_DISCOUNTS: '{"amazon.nova-*":1}' };

    expect(await costWith(discounts, 'amazon.nova-lite-v1:0')).toEqual({
      usd: 0.27,
      warnings: [
        'TOKEN_ANALYTICS_DISCOUNTS: anthropic must be a share of the list price from 0 to 1, where 0.1 is ' +
          '10 % less, got: 10. It is ignored.',
        expect.stringMatching(
          /^TOKEN_ANALYTICS_DISCOUNTS: Meta must be of a vendor \(ai21, .+\), of a model id or of a pattern with \*\. /,
        ),
      ],
    });
    expect(await costWith(discounts, 'anthropic.claude-3-haiku-20240307-v1:0')).toEqual({
      usd: 1.5,
      warnings: [],
    });
    expect(await costWith(free, 'us.amazon.nova-lite-v1:0')).toEqual({ usd: 0, warnings: [] });
    await stdoutOf(() => {
      expect(
        new TokenTracker({ sink: 'emf', discounts: { amazon: 0.5 } }).record({
          agentId: 'triage',
          modelId: 'amazon.nova-lite-v1:0',
          usage: million,
        }).cost,
      ).toMatchObject({ usd: 0.15, discount: { name: 'amazon', share: 0.5 } });
    });
  });

  test('the environment causes a warning for a profile without a model', async () => {
    expect(
      (await costWith({ TOKEN_ANALYTICS_INFERENCE_PROFILES: '{"p":5,"q":"amazon.nova-lite-v1:0"}' }, 'q'))
        .warnings,
    ).toEqual(['TOKEN_ANALYTICS_INFERENCE_PROFILES: p must have a model id. It is ignored.']);
  });
});
