import { Decimal } from 'decimal.js';
import { M, million, tokens } from './support';
import {
  CostCalculator,
  explain,
  picoToDecimalString,
  picoToUsdNumber,
  type TokenUsage,
  usdToPico,
} from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-01T00:00:00Z');
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const usd = (calculator: CostCalculator, modelId: string, call = {}) =>
  calculator.calculate(million, { modelId, at: AT, ...call })?.usd;

describe('the cost is unknown', () => {
  test.each([
    [
      'a bucket with tokens and no price',
      tokens({ cacheWrite1hTokens: 1 }),
      { modelId: 'anthropic.claude-sonnet-4-20250514-v1:0' },
    ],
    [
      'output of an embedding',
      tokens({ uncachedInputTokens: 1, outputTokens: 1 }),
      { modelId: 'amazon.titan-embed-text-v2:0' },
    ],
    [
      'a tier that the model does not have',
      million,
      { modelId: 'amazon.nova-lite-v1:0', serviceTier: 'flex' },
    ],
    ['a tier that no one knows', million, { modelId: 'amazon.nova-pro-v1:0', serviceTier: 'turbo' }],
    [
      'a reserved tier, which has no price a token',
      million,
      { modelId: 'amazon.nova-pro-v1:0', serviceTier: 'reserved' },
    ],
    ['a batch of a model without batch', million, { modelId: 'cohere.command-r-v1:0', batch: true }],
    ['a batch in a tier', million, { modelId: 'amazon.nova-pro-v1:0', batch: true, serviceTier: 'flex' }],
    ['optimized latency', million, { modelId: 'amazon.nova-pro-v1:0', latencyOptimized: true }],
    ['a price that has ended', million, { modelId: 'anthropic.claude-3-5-sonnet-20241022-v2:0', at: AT }],
    ['negative tokens', tokens({ uncachedInputTokens: -1 }), { modelId: 'amazon.nova-lite-v1:0' }],
    ['NaN tokens', tokens({ outputTokens: NaN }), { modelId: 'amazon.nova-lite-v1:0' }],
    ['an invalid time', million, { modelId: 'amazon.nova-lite-v1:0', at: new Date(NaN) }],
    ['no model id', million, { modelId: undefined as never }],
    ['a name of the prototype', million, { modelId: 'constructor' }],
    ['another one', million, { modelId: '__proto__' }],
    // Bedrock has no models with the ids in the following rows.
    ['a later version', million, { modelId: 'amazon.nova-lite-v2:0' }],
    ['no version', million, { modelId: 'amazon.nova-lite' }],
    ['another revision', million, { modelId: 'amazon.nova-lite-v1:1' }],
    ['no date', million, { modelId: 'anthropic.claude-opus-4' }],
    ['a successor', million, { modelId: 'anthropic.claude-sonnet-5-9' }],
    ['a bare name', million, { modelId: 'claude-3-haiku-20240307' }],
  ])('the cost is unknown for %s', (_what, usage, call) => {
    expect(new CostCalculator().calculate(usage, call)).toBeUndefined();
  });

  test('the cost is known if a bucket without a rate has 0 tokens', () => {
    expect(
      new CostCalculator().calculate(tokens({ uncachedInputTokens: M }), {
        modelId: 'amazon.titan-embed-text-v2:0',
      })?.usd,
    ).toBe(0.02);
    expect(new CostCalculator().calculate(tokens({}), { modelId: 'amazon.nova-lite-v1:0' })?.picoUsd).toBe(
      0n,
    );
  });
});

describe('price', () => {
  test('a price contains the rates, their date and their source', () => {
    expect(new CostCalculator().price('global.anthropic.claude-opus-4-8')).toEqual({
      input: 5,
      output: 25,
      cacheRead: 0.5,
      cacheWrite5m: 6.25,
      cacheWrite1h: 10,
      asOf: '2026-09-23',
      source: '@pydantic/genai-prices 0.1.8',
    });
    expect(new CostCalculator().price('cohere.embed-english-v3')).toEqual({
      input: 0.1,
      asOf: '2026-09-15',
      source: expect.any(String) as string,
    });
    expect(new CostCalculator().price('us.openai.gpt-6-sol')?.longPrompt).toEqual({
      above: 272_000,
      input: 4.4,
      output: 16.5,
      cacheRead: 0.44,
      cacheWrite5m: 5.5,
    });
    expect(new CostCalculator().price('vendor.unknown')).toBeUndefined();
  });

  test.each([
    ['openai.gpt-5.6-luna', '2026-07-29T23:59:59Z', 7.7],
    ['openai.gpt-5.6-luna', '2026-07-30T00:00:00Z', 1.54 + 0.88],
    ['global.openai.gpt-5.6-sol', '2026-08-20T12:00:00Z', 55],
    ['global.openai.gpt-5.6-sol', '2026-08-21T00:00:00Z', 38],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', '2025-11-30T23:59:59Z', 18],
  ])('the price of %s at %s is that of the period', (modelId, at, expected) => {
    expect(new CostCalculator().calculate(million, { modelId, at: new Date(at) })?.usd).toBeCloseTo(
      expected,
      10,
    );
  });

  test.each([
    [`arn:aws:bedrock:us-east-1::foundation-model/${SONNET}`, 19.8],
    [`arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${SONNET}`, 19.8],
    [`arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${SONNET}`, 18],
    ['anthropic.claude-3-haiku-20240307-v1:0:200k', 1.5],
    ['amazon.titan-text-lite-v1:0:4k', 0.35],
    ['us.anthropic.claude-opus-4-6-v1', 33],
    ['us.anthropic.claude-opus-4-6-v1:0', 33],
  ])('the price of %s is that of the model', (modelId, expected) => {
    expect(usd(new CostCalculator(), modelId)).toBe(expected);
  });

  test('the price of a bare id is the regional one if the options choose it', () => {
    const calculator = new CostCalculator({ bareIdPrice: 'in-region' });

    expect(usd(calculator, SONNET)).toBe(19.8);
    expect(usd(calculator, `global.${SONNET}`)).toBe(18);
    expect(usd(calculator, 'anthropic.claude-sonnet-4-20250514-v1:0')).toBe(18);
    // The price of this model does not depend on `bareIdPrice`, which applies only to Claude models.
    expect(usd(new CostCalculator(), 'openai.gpt-5.4')).toBe(30.25);
  });

  test('the price of a model with regional prices is that of the region, or unknown', () => {
    const lite = 'amazon.nova-lite-v1:0';

    expect(usd(new CostCalculator(), lite)).toBe(0.3);
    expect(usd(new CostCalculator(), `us.${lite}`)).toBe(0.3);
    expect(usd(new CostCalculator({ region: 'us-west-2' }), lite)).toBe(0.3);
    expect(usd(new CostCalculator({ region: 'eu-central-1' }), lite)).toBe(0.39);
    expect(usd(new CostCalculator({ region: 'eu-central-1' }), `eu.${lite}`)).toBe(0.39);
    expect(usd(new CostCalculator(), lite, { region: 'eu-central-1' })).toBe(0.39);
    expect(
      usd(
        new CostCalculator({ region: 'us-east-1' }),
        `arn:aws:bedrock:eu-central-1::foundation-model/${lite}`,
      ),
    ).toBe(0.39);
    expect(usd(new CostCalculator({ region: 'eu-west-1' }), lite)).toBeUndefined();
    expect(usd(new CostCalculator(), `eu.${lite}`)).toBeUndefined();
    expect(usd(new CostCalculator({ region: 'eu-west-1' }), 'anthropic.claude-3-haiku-20240307-v1:0')).toBe(
      1.5,
    );
  });

  test("the price of GovCloud is never another partition's", () => {
    expect(usd(new CostCalculator(), `us-gov.${SONNET}`)).toBe(21.6);
    expect(usd(new CostCalculator({ region: 'us-gov-west-1' }), SONNET)).toBe(21.6);
    expect(
      usd(new CostCalculator(), `arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/${SONNET}`),
    ).toBe(21.6);
    expect(usd(new CostCalculator(), 'us-gov.anthropic.claude-3-haiku-20240307-v1:0')).toBeUndefined();
  });
});

describe('tiers', () => {
  test.each([
    ['amazon.nova-pro-v1:0', { serviceTier: 'flex' }, 2, { name: 'flex', factor: 0.5 }],
    ['amazon.nova-pro-v1:0', { serviceTier: 'priority' }, 7, { name: 'priority', factor: 1.75 }],
    ['amazon.nova-pro-v1:0', { batch: true }, 2, { name: 'batch', factor: 0.5 }],
    ['amazon.nova-pro-v1:0', { serviceTier: 'standard' }, 4, undefined],
    [`us.${SONNET}`, { batch: true }, 9.9, { name: 'batch', factor: 0.5 }],
  ])(
    'a million input and output tokens of %s with %j cost %d US dollars',
    (modelId, call, expected, tier) => {
      const cost = new CostCalculator().calculate(million, { modelId, ...call });

      expect([cost?.usd, cost?.tier]).toEqual([expected, tier]);
    },
  );
});

describe('custom prices', () => {
  const lite = 'amazon.nova-lite-v1:0';
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

  test('custom prices take precedence over the catalog by id, by model and by the longest pattern', () => {
    const calculator = new CostCalculator({
      customPrices: {
        [lite]: { input: 1, output: 2 },
        [`us.${lite}`]: { input: 10, output: 20 },
        'anthropic.*': { input: 3, output: 4 },
        'anthropic.claude-*-haiku-*': { input: 5, output: 6 },
        [profile]: { input: 7, output: 8 },
        'imported-model/*': { input: 0, output: 0 },
      },
    });

    expect(usd(calculator, lite)).toBe(3);
    expect(usd(calculator, `eu.${lite}`)).toBe(3);
    expect(usd(calculator, `us.${lite}`)).toBe(30);
    expect(usd(calculator, 'anthropic.never-heard-of')).toBe(7);
    expect(usd(calculator, 'us.anthropic.claude-3-haiku-20240307-v1:0')).toBe(11);
    expect(usd(calculator, profile)).toBe(15);
    expect(usd(calculator, 'arn:aws:bedrock:us-east-1:123456789012:imported-model/x')).toBe(0);
    expect(usd(calculator, 'amazon.nova-pro-v1:0')).toBe(4);
  });

  test('custom prices are marked as custom in the cost', () => {
    expect(new CostCalculator({ customPrices: { [lite]: { input: 1, output: 2 } } }).price(lite)).toEqual({
      input: 1,
      output: 2,
      asOf: 'custom',
      source: 'custom',
    });
    expect(
      new CostCalculator({
        customPrices: { [lite]: { input: 1, output: 2, asOf: '2026-01-01', source: 'contract' } },
      }).price(lite),
    ).toEqual({ input: 1, output: 2, asOf: '2026-01-01', source: 'contract' });
  });

  test('custom prices have no price for absent buckets', () => {
    expect(
      new CostCalculator({ customPrices: { [lite]: { input: 1, output: 2 } } }).calculate(
        tokens({ cacheReadTokens: 1 }),
        { modelId: lite },
      ),
    ).toBeUndefined();
  });

  test("custom prices have the model's tiers, or their own", () => {
    const own = { input: 1, output: 2, tierFactors: { optimized: 1.25, batch: 0.1 } };
    const calculator = new CostCalculator({
      customPrices: { 'amazon.nova-pro-v1:0': own, 'my.model': { input: 1, output: 2 } },
    });

    expect(usd(calculator, 'amazon.nova-pro-v1:0', { serviceTier: 'flex' })).toBe(1.5);
    expect(usd(calculator, 'amazon.nova-pro-v1:0', { latencyOptimized: true })).toBe(3.75);
    expect(usd(calculator, 'amazon.nova-pro-v1:0', { batch: true })).toBe(0.3);
    expect(usd(calculator, 'my.model', { serviceTier: 'flex' })).toBeUndefined();
  });

  test('custom prices can have long-prompt rates', () => {
    const calculator = new CostCalculator({
      customPrices: { 'my.model': { input: 1, output: 2, longPrompt: { above: 100, input: 3, output: 4 } } },
    });

    expect(
      calculator.calculate(tokens({ uncachedInputTokens: 100, outputTokens: 1 }), { modelId: 'my.model' })
        ?.picoUsd,
    ).toBe(102_000_000n);
    expect(
      calculator.calculate(tokens({ uncachedInputTokens: 101, outputTokens: 1 }), { modelId: 'my.model' })
        ?.picoUsd,
    ).toBe(307_000_000n);
  });

  test.each<[string, unknown, string]>([
    ...[-1, NaN, Infinity, '1', undefined, null].map(
      input =>
        [
          String(input),
          { input, output: 1 },
          'must have input as USD per million tokens, finite and 0 or more, got: ',
        ] as [string, unknown, string],
    ),
    ['no output', { input: 1 }, 'must have output'],
    ['a negative cache read', { input: 1, output: 1, cacheRead: -1 }, 'must have cacheRead'],
    ['a list', [], 'must be an object'],
    ['nothing', null, 'must be an object'],
    ['text', 'x', 'must be an object'],
    [
      'a step without output',
      { input: 1, output: 1, longPrompt: { above: 1, input: 1 } },
      'must have longPrompt.output',
    ],
    [
      'a step without tokens',
      { input: 1, output: 1, longPrompt: { input: 1, output: 1 } },
      'must have longPrompt.above',
    ],
    ['a step that is none', { input: 1, output: 1, longPrompt: 5 }, 'must have longPrompt as an object'],
    ['factors that are none', { input: 1, output: 1, tierFactors: 5 }, 'must have tierFactors as an object'],
    [
      'an unknown tier',
      { input: 1, output: 1, tierFactors: { turbo: 1 } },
      'must have tierFactors of flex, priority, batch, optimized only',
    ],
    ['a negative factor', { input: 1, output: 1, tierFactors: { flex: -1 } }, 'must have tierFactors'],
    [
      'a rate without bounds',
      { input: 1e300, output: 1 },
      'must have input of at most 10000000 USD per million tokens, got: 1e+300',
    ],
    [
      'a rate a little too high',
      { input: 1, output: 1, cacheRead: 10_000_000.01 },
      'must have cacheRead of at most 10000000 USD per million tokens, got: 10000000.01',
    ],
    [
      'a long-prompt rate without bounds',
      { input: 1, output: 1, longPrompt: { above: 1, input: 1, output: Number.MAX_VALUE } },
      'must have longPrompt.output of at most 10000000 USD',
    ],
    [
      'a factor without bounds',
      { input: 1, output: 1, tierFactors: { flex: 1001 } },
      'must have tierFactors.flex of at most 1000, got: 1001',
    ],
  ])('custom prices are refused: %s', (_what, price, message) => {
    expect(() => new CostCalculator({ customPrices: { 'my.model': price as never } })).toThrow(RangeError);
    expect(() => new CostCalculator({ customPrices: { 'my.model': price as never } })).toThrow(
      `the custom price of my.model ${message}`,
    );
  });

  test('custom prices at the highest rate and factor fit into a table item for any tokens', () => {
    const most = { input: 10_000_000, output: 10_000_000, tierFactors: { batch: 1000 } };
    const cost = new CostCalculator({ customPrices: { 'my.model': most } }).calculate(
      tokens({ uncachedInputTokens: Number.MAX_SAFE_INTEGER }),
      { modelId: 'my.model', batch: true },
    );

    expect(cost?.picoUsd).toBe(9_007_199_254_740_991n * 10_000n * 10n ** 12n);
    expect(String(cost?.picoUsd).length).toBeLessThanOrEqual(38);
  });

  test('custom prices with many stars are matched without backtracking', () => {
    const calculator = new CostCalculator({
      customPrices: { [`${'*a'.repeat(200)}*b`]: { input: 1, output: 1 } },
    });

    expect(calculator.price('a'.repeat(2000))).toBeUndefined();
    expect(calculator.price(`${'a'.repeat(2000)}b`)?.input).toBe(1);
  });
});

describe('opaque ids', () => {
  const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

  test('opaque ids have no price until the options contain their model', () => {
    expect(usd(new CostCalculator(), profile)).toBeUndefined();
    for (const name of [profile, 'abcdefghijkl']) {
      expect(usd(new CostCalculator({ inferenceProfiles: { [name]: `us.${SONNET}` } }), profile)).toBe(19.8);
      expect(
        usd(
          new CostCalculator({
            inferenceProfiles: {
              [name]: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${SONNET}`,
            },
          }),
          profile,
        ),
      ).toBe(18);
    }
    expect(
      usd(new CostCalculator({ inferenceProfiles: { abcdefghijkl: 'vendor.unknown' } }), profile),
    ).toBeUndefined();
    expect(
      usd(
        new CostCalculator({ inferenceProfiles: { abc: 'amazon.nova-lite-v1:0' } }),
        'arn:aws:bedrock:us-east-1:123456789012:prompt/abc',
      ),
    ).toBe(0.3);
  });
});

describe('exactness', () => {
  test('a million invocations have the sum of exact fractions', () => {
    const calculator = new CostCalculator();
    const models = [
      'amazon.nova-micro-v1:0',
      `us.${SONNET}`,
      'us.openai.gpt-5.6-luna',
      'qwen.qwen3-coder-30b-a3b-v1:0',
      'amazon.nova-pro-v1:0',
    ];
    const calls = Array.from({ length: 1000 }, (_, index) => ({
      modelId: models[index % models.length],
      serviceTier: index % 5 > 2 ? ['default', 'flex', 'priority'][index % 3] : undefined,
      usage: tokens({
        uncachedInputTokens: (index * 7919) % 100_003,
        cacheReadTokens: index % 5 === 3 ? 0 : (index * 104_729) % 90_001,
        outputTokens: (index * 1299) % 4099,
      }),
    }));
    const PrecisionOf40 = Decimal.clone({ precision: 40 });

    let pico = 0n;
    let exact = new PrecisionOf40(0);
    for (const { usage, ...call } of calls) {
      const cost = calculator.calculate(usage, { ...call, at: AT });
      const price = calculator.price(call.modelId, AT);
      expect(cost).toBeDefined();
      const factor = cost?.tier?.factor ?? 1;
      const sum = [
        [usage.uncachedInputTokens, price?.input],
        [usage.cacheReadTokens, price?.cacheRead ?? 0],
        [usage.outputTokens, price?.output],
      ].reduce(
        (total, [count, rate]) => total.plus(new PrecisionOf40(count ?? 0).times(rate ?? 0)),
        new PrecisionOf40(0),
      );
      // Adds the cost of each of the thousand calls a thousand times. Rounding errors would then be visible.
      for (let repeat = 0; repeat < 1000; repeat += 1) pico += cost?.picoUsd ?? 0n;
      exact = exact.plus(sum.times(factor).div(M).times(1000));
    }

    expect(picoToDecimalString(pico)).toBe(exact.toFixed());
  });

  test('every list price is a whole number of pico-dollars per token, in every tier', async () => {
    const { pricedModels } = await import('../../../lambda/pricing/price-lookup');
    const calculator = new CostCalculator();
    const one: readonly (readonly [keyof TokenUsage, string])[] = [
      ['uncachedInputTokens', 'input'],
      ['outputTokens', 'output'],
      ['cacheReadTokens', 'cacheRead'],
      ['cacheWrite5mTokens', 'cacheWrite5m'],
      ['cacheWrite1hTokens', 'cacheWrite1h'],
    ];
    let compared = 0;

    for (const model of pricedModels()) {
      for (const prefix of ['', 'global.', 'us.']) {
        for (const call of [{}, { serviceTier: 'flex' }, { serviceTier: 'priority' }, { batch: true }]) {
          for (const [bucket] of one) {
            const single = calculator.calculate(tokens({ [bucket]: 1 }), {
              modelId: prefix + model,
              at: AT,
              ...call,
            })?.picoUsd;
            const thousands = calculator.calculate(tokens({ [bucket]: 4000 }), {
              modelId: prefix + model,
              at: AT,
              ...call,
            })?.picoUsd;
            if (single === undefined) continue;
            compared += 1;
            expect([prefix + model, bucket, call, thousands]).toEqual([
              prefix + model,
              bucket,
              call,
              single * 4000n,
            ]);
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(500);
  });

  test('fractions of a pico-dollar are rounded half up, once', () => {
    const calculator = new CostCalculator({
      customPrices: { 'my.model': { input: 0.000_000_5, output: 0.000_001_4 } },
    });

    expect(calculator.calculate(tokens({ uncachedInputTokens: 1 }), { modelId: 'my.model' })?.picoUsd).toBe(
      1n,
    );
    expect(calculator.calculate(tokens({ uncachedInputTokens: 3 }), { modelId: 'my.model' })?.picoUsd).toBe(
      2n,
    );
    expect(calculator.calculate(tokens({ outputTokens: 1 }), { modelId: 'my.model' })?.picoUsd).toBe(1n);
  });
});

describe('explain', () => {
  test('explain returns the lines of arithmetic', () => {
    const cost = new CostCalculator().calculate(
      tokens({ uncachedInputTokens: 3702, outputTokens: 1701, cacheReadTokens: 12 }),
      { modelId: 'amazon.nova-micro-v1:0' },
    );

    expect(cost && explain(cost)).toBe(
      [
        'input             3,702 × $0.035 / 1M = $0.00012957',
        'output            1,701 × $0.14 / 1M = $0.00023814',
        'cache read           12 × $0.00875 / 1M = $0.000000105',
        'total                   = $0.000367815',
        'rates of 2026-11-24: AWS price list, AmazonBedrock, us-east-1; genai-prices 0.1.8 agrees',
      ].join('\n'),
    );
  });

  test('explain mentions the tier, the long prompt and the broken stream', () => {
    const calculator = new CostCalculator();
    const flex = calculator.calculate(million, { modelId: 'amazon.nova-pro-v1:0', serviceTier: 'flex' });
    const long = calculator.calculate(tokens({ uncachedInputTokens: M, partial: true }), {
      modelId: 'us.openai.gpt-6-sol',
    });

    expect(flex && explain(flex)).toContain('1,000,000 × $0.8 / 1M × 0.5 (flex) = $0.4\n');
    expect(long && explain(long)).toContain('1,000,000 × $4.4 / 1M = $4.4\n');
    expect(long && explain(long)).toContain(
      'a prompt of more than 272,000 tokens: the whole call at the long-prompt rates\nthe stream ' +
        'ended before its usage came: at least this much\n',
    );
  });
});

describe('pico-dollars', () => {
  test.each([
    ['0.00036771', 367_710_000n],
    ['1', 1_000_000_000_000n],
    ['0', 0n],
    ['1e-12', 1n],
    ['1.5e-12', 2n],
    ['1.4e-12', 1n],
    ['-0.5', -500_000_000_000n],
    ['9007199254740993', 9_007_199_254_740_993_000_000_000_000n],
    ['2.5e3', 2_500_000_000_000_000n],
  ])('an amount of $%s is %d pico-dollars', (usdText, pico) => {
    expect(usdToPico(usdText)).toBe(pico);
  });

  test.each(['', 'NaN', 'Infinity', '1,5', '0x10', '1e', '.5'])(
    'an amount of %j is not converted to pico-dollars',
    text => {
      expect(() => usdToPico(text)).toThrow(RangeError);
    },
  );

  test('pico-dollars are equal after a conversion to text or numbers and back', () => {
    for (const pico of [0n, 1n, 999_999_999_999n, 8_449_467_585_000n, -1n]) {
      expect(usdToPico(picoToDecimalString(pico))).toBe(pico);
    }
    for (const pico of [
      300_000_000_000n,
      19_800_000_000_000n,
      367_710_000n,
      9_007_199_254_740_991n,
      9_007_199_254_740_993n,
      123_456_789_012_345_678_901n,
      -7n,
    ]) {
      expect(picoToUsdNumber(pico)).toBe(Number(picoToDecimalString(pico)));
    }
  });
});

test('sums of several invocations have no price above the long-prompt step, which no single one may exceed', () => {
  const calculator = new CostCalculator({
    customPrices: {
      'own.model': { input: 1, output: 1, longPrompt: { above: 1000, input: 2, output: 2 } },
    },
  });
  const usage = (uncachedInputTokens: number, calls?: number) => ({
    uncachedInputTokens,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 0,
    source: 'body' as const,
    partial: false,
    calls,
  });
  const picoUsd = (input: number, calls?: number) =>
    calculator.calculate(usage(input, calls), { modelId: 'own.model' })?.picoUsd;

  expect(picoUsd(1000, 3)).toBe(1_000_000_000n);
  expect(picoUsd(1001, 3)).toBeUndefined();
  expect(picoUsd(1001, 1)).toBe(2_002_000_000n);
  expect(picoUsd(1001)).toBe(2_002_000_000n);
});
