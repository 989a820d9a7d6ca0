import { M, million, tokens } from './support';
import { listedMarkets } from '../../../lambda/pricing/price-lookup';
import { CostCalculator, explain, type PricedCall, type TokenUsage } from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-29T12:00:00Z');
const calculator = new CostCalculator();
const usdOf = (usage: TokenUsage, call: PricedCall) => calculator.calculate(usage, { at: AT, ...call })?.usd;

describe('ids of the endpoint bedrock-mantle', () => {
  test.each([
    ['anthropic.claude-haiku-4-5', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['anthropic.claude-sonnet-4-5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['anthropic.claude-opus-4-5', 'anthropic.claude-opus-4-5-20251101-v1:0'],
    ['deepseek.v3.1', 'deepseek.v3-v1:0'],
    ['qwen.qwen3-235b-a22b-2507', 'qwen.qwen3-235b-a22b-2507-v1:0'],
    ['qwen.qwen3-32b', 'qwen.qwen3-32b-v1:0'],
    ['qwen.qwen3-coder-30b-a3b-instruct', 'qwen.qwen3-coder-30b-a3b-v1:0'],
    ['qwen.qwen3-coder-480b-a35b-instruct', 'qwen.qwen3-coder-480b-a35b-v1:0'],
    ['qwen.qwen3-next-80b-a3b-instruct', 'qwen.qwen3-next-80b-a3b'],
    ['qwen.qwen3-vl-235b-a22b-instruct', 'qwen.qwen3-vl-235b-a22b'],
  ])('%s has the price of %s, with each prefix', (mantle, runtime) => {
    for (const prefix of ['', 'us.', 'global.']) {
      const price = calculator.price(`${prefix}${runtime}`, AT);
      expect(price).toBeDefined();
      expect(calculator.price(`${prefix}${mantle}`, AT)).toEqual(price);
    }
  });

  test.each(['', '-v1', '-v1:0'])(
    'a Claude id without a date has the price of the dated model (suffix "%s")',
    suffix => {
      expect(usdOf(million, { modelId: `global.anthropic.claude-haiku-4-5${suffix}` })).toBe(6);
      expect(usdOf(million, { modelId: `us.anthropic.claude-sonnet-4-5${suffix}` })).toBe(19.8);
      expect(usdOf(million, { modelId: `eu.anthropic.claude-opus-4-5${suffix}`, batch: true })).toBe(16.5);
    },
  );
});

describe('long prompts', () => {
  test.each([
    ['openai.gpt-5.4', { uncachedInputTokens: 272_000, outputTokens: M }, 0.748 + 16.5],
    ['openai.gpt-5.4', { uncachedInputTokens: 272_001, outputTokens: M }, 1.496_005_5 + 24.75],
    ['us.openai.gpt-5.4', { uncachedInputTokens: 1, cacheReadTokens: 272_000 }, 0.149_605_5],
    ['openai.gpt-5.5', { uncachedInputTokens: 272_000, outputTokens: M }, 1.496 + 33],
    ['openai.gpt-5.5', { uncachedInputTokens: 272_001, outputTokens: M }, 2.992_011 + 49.5],
  ])('%s with the usage %j has the listed cost', (modelId, usage, expected) => {
    expect(usdOf(tokens(usage), { modelId })).toBeCloseTo(expected, 10);
  });

  test.each([
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_000, '2026-04-30', 0.6],
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_001, '2026-04-30', 1.200_006],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_001, '2026-04-30', 1.320_006_6],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 200_001, '2026-04-30', 1.200_006],
    // From 2026-05-01 on, Bedrock refuses such long prompts, so they have no higher price. The calculator
    // then uses the normal price.
    ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 200_001, '2026-05-01', 0.600_003],
  ])('%s with %d input tokens on %s costs %d US dollars', (modelId, uncachedInputTokens, day, expected) => {
    expect(usdOf(tokens({ uncachedInputTokens }), { modelId, at: new Date(day) })).toBe(expected);
  });
});

describe('a tier with listed rates', () => {
  const flex = { serviceTier: 'flex' };
  const priority = { serviceTier: 'priority' };
  const batch = { batch: true };

  test.each<[string, Partial<PricedCall>, number, number]>([
    ['openai.gpt-oss-safeguard-20b', flex, 0.03, 0.1],
    ['openai.gpt-oss-safeguard-20b', priority, 0.12, 0.35],
    ['openai.gpt-oss-safeguard-120b', batch, 0.07, 0.3],
    ['mistral.ministral-3-8b-instruct', batch, 0.07, 0.07],
    ['mistral.ministral-3-3b-instruct', priority, 0.17, 0.17],
    ['google.gemma-3-12b-it', flex, 0.05, 0.15],
    ['mistral.magistral-small-2509', priority, 0.88, 2.63],
    ['mistral.mistral-large-3-675b-instruct', priority, 0.88, 2.63],
    ['qwen.qwen3-next-80b-a3b-instruct', flex, 0.07, 0.6],
    ['nvidia.nemotron-nano-9b-v2', batch, 0.03, 0.12],
    // AWS lists a flex price for this model only in ap-northeast-1.
    ['mistral.voxtral-mini-3b-2507', { ...flex, region: 'ap-northeast-1' }, 0.03, 0.03],
    ['mistral.voxtral-mini-3b-2507', flex, 0.02, 0.02],
    ['qwen.qwen3-next-80b-a3b', { ...flex, region: 'eu-west-2' }, 0.12, 0.93],
  ])(
    '%s with %j costs %d for a million input tokens and %d for a million output tokens',
    (modelId, call, input, output) => {
      const of = (usage: Partial<TokenUsage>) =>
        calculator.calculate(tokens(usage), { modelId, at: AT, ...call })?.picoUsd;

      expect(of({ uncachedInputTokens: 1 })).toBe(BigInt(Math.round(input * M)));
      expect(of({ outputTokens: 1 })).toBe(BigInt(Math.round(output * M)));
    },
  );

  test('a tier with listed rates shows the applied rates and no factor', () => {
    const modelId = 'openai.gpt-oss-safeguard-20b';
    const cost = calculator.calculate(million, { modelId, serviceTier: 'flex', at: AT });

    expect(cost?.tier).toEqual({ name: 'flex' });
    expect(cost?.price).toEqual({
      input: 0.03,
      output: 0.1,
      asOf: '2026-11-29',
      source: expect.stringContaining('AWS price list') as string,
    });
    expect(cost && explain(cost)).toContain('1,000,000 × $0.03 / 1M (flex) = $0.03\n');
    expect(calculator.price(modelId, AT)).toMatchObject({
      input: 0.07,
      output: 0.2,
      tierRates: { flex: { input: 0.03, output: 0.1 }, priority: { input: 0.12, output: 0.35 } },
    });
  });

  test('a tier with listed rates does not change tiers without listed rates', () => {
    const cost = calculator.calculate(million, {
      modelId: 'mistral.magistral-small-2509',
      serviceTier: 'flex',
      at: AT,
    });

    expect([cost?.usd, cost?.tier]).toEqual([1, { name: 'flex', factor: 0.5 }]);
  });

  test('a tier with listed rates does not apply to custom prices, which use the factor', () => {
    const own = new CostCalculator({
      customPrices: {
        'openai.gpt-oss-safeguard-20b': { input: 0.07, output: 0.2 },
        'google.gemma-3-12b-it': { input: 1, output: 1, tierFactors: { flex: 0.4 } },
      },
    });
    const flexOf = (modelId: string) => own.calculate(million, { modelId, serviceTier: 'flex' });

    expect(flexOf('openai.gpt-oss-safeguard-20b')?.picoUsd).toBe(135_000_000_000n);
    expect(flexOf('openai.gpt-oss-safeguard-20b')?.tier).toEqual({ name: 'flex', factor: 0.5 });
    expect(flexOf('google.gemma-3-12b-it')?.usd).toBe(0.8);
  });
});

describe('prices that two sources have', () => {
  test.each([
    ['amazon.nova-2-sonic-v1', { input: '0.33', output: '2.75', speechInput: '3', speechOutput: '12' }],
    ['amazon.nova-sonic-v1', { input: '0.06', output: '0.24', speechInput: '3.4', speechOutput: '13.6' }],
  ])('%s has rates for text and for speech', (model, rates) => {
    expect(listedMarkets(model).get('any')?.periods).toEqual([{ rates }]);
  });

  test('Grok 4.3 has a price in the region that lists it', () => {
    expect(usdOf(million, { modelId: 'xai.grok-4.3' })).toBe(3.75);
    expect(usdOf(million, { modelId: 'global.xai.grok-4.3' })).toBeUndefined();
  });
});

test.each([
  'global.openai.gpt-5.4',
  'xai.grok-4.7',
  'anthropic.claude-mythos-5-1',
  'global.anthropic.claude-fable-5-2',
  'google.gemma-4-31b',
  'amazon.nova-2-5-sonic',
  'us-gov.anthropic.claude-haiku-5-5',
])('%s has no price, because only one source lists it', modelId => {
  expect(calculator.price(modelId, AT)).toBeUndefined();
});

describe('the market of a price', () => {
  test.each([undefined, 'us-west-2', 'ap-northeast-1', 'eu-west-1'])(
    'a global profile has the global price in the region %s',
    region => {
      expect(usdOf(million, { modelId: 'global.amazon.nova-2-lite-v1:0', region })).toBe(2.8);
    },
  );

  test('a global profile has no price outside the United States if the model has no global price', () => {
    expect(usdOf(million, { modelId: 'global.amazon.nova-lite-v1:0', region: 'eu-west-1' })).toBeUndefined();
  });

  test('Nova 2 speech has no price in a region without a list price', () => {
    const talk = tokens({
      uncachedInputTokens: 700,
      speechInputTokens: 410,
      outputTokens: 1000,
      speechOutputTokens: 880,
    });

    expect(usdOf(talk, { modelId: 'amazon.nova-2-sonic-v1:0' })).toBe(0.0122157);
    expect(usdOf(talk, { modelId: 'amazon.nova-2-sonic-v1:0', region: 'ap-northeast-1' })).toBeUndefined();
  });

  test.each(['global', 'any', 'mars-1', 'regional', '__proto__'])(
    'does not accept %s as a region',
    region => {
      const call = { modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0', at: AT, region };

      expect(calculator.calculate(million, call)).toMatchObject({ usd: 6, lowerBound: ['bareId'] });
    },
  );
});

test.each(['amazon.nova-2-lite-v1:0', 'amazon.nova-premier-v1:0', 'openai.gpt-5.4', 'openai.gpt-5.5'])(
  'cache writes of %s are free',
  modelId => {
    const usage = { uncachedInputTokens: 1000, outputTokens: 10 };

    expect(usdOf(tokens({ ...usage, cacheWrite5mTokens: 5000 }), { modelId })).toBe(
      usdOf(tokens(usage), { modelId }),
    );
  },
);

test('tokens of a speech model without speech counts cost at least the rate of text', () => {
  const call = { modelId: 'amazon.nova-2-sonic-v1:0', at: AT };
  const usage = tokens({ uncachedInputTokens: 700, outputTokens: 1000 });
  const cost = calculator.calculate(usage, call);

  expect(cost).toMatchObject({ usd: 0.002981, lowerBound: ['speechTokens'] });
  expect(cost && explain(cost)).toContain('at least: all tokens as text');
  expect(calculator.calculate({ ...usage, speechInputTokens: 0 }, call)?.lowerBound).toBeUndefined();
});
