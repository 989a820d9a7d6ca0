import { CostCalculator, parseModelId, picoToDecimalString, picoToUsdNumber, type TokenUsage, usdToPico } from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-01T00:00:00Z');
const tokens = (counts: Partial<TokenUsage>): TokenUsage => ({
  uncachedInputTokens: 0, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, outputTokens: 0, source: 'usage', partial: false, ...counts,
});
const M = 1_000_000;
const million = tokens({ uncachedInputTokens: M, outputTokens: M });

describe('CostCalculator, golden cases', () => {
  test.each([
    [1, 'amazon.nova-micro-v1:0', tokens({ uncachedInputTokens: 3702, outputTokens: 1701 }), '0.00036771'],
    [2, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', tokens({ uncachedInputTokens: 1, cacheWrite5mTokens: 1190, cacheReadTokens: 32_634, outputTokens: 672 }), '0.02676927'],
    [4, 'global.anthropic.claude-opus-4-8', tokens({ cacheWrite1hTokens: 9634 }), '0.09634'],
    [5, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', tokens({ cacheWrite1hTokens: 10_000, uncachedInputTokens: 6, outputTokens: 70 }), '0.0671748'],
    [6, 'global.anthropic.claude-sonnet-4-5-20250929-v1:0', million, '18'],
    [6, 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0', million, '19.8'],
    [6, 'jp.anthropic.claude-sonnet-4-5-20250929-v1:0', million, '19.8'],
    [7, 'us.anthropic.claude-sonnet-4-20250514-v1:0', million, '18'],
    [10, 'global.anthropic.claude-haiku-4-5-20251001-v1:0', million, '6'],
    [10, 'anthropic.claude-haiku-4-5-20251001-v1:0', million, '6'],
  ])('%d: %s', (_number, modelId, usage, usd) => {
    const cost = new CostCalculator().calculate(usage, { modelId, at: AT });

    expect(cost && picoToDecimalString(cost.picoUsd)).toBe(usd);
    expect(cost?.usd).toBe(Number(usd));
    expect(Object.values(cost?.breakdown ?? {}).reduce((sum, part) => sum + part, 0n)).toBe(cost?.picoUsd);
  });

  test('11: an unknown model has no price', () => {
    expect(new CostCalculator().calculate(million, { modelId: 'anthropic.claude-sonnet-4-5', at: AT })).toBeUndefined();
    expect(new CostCalculator().price('vendor.unknown-v1:0')).toBeUndefined();
  });
});

describe('CostCalculator', () => {
  test.each([
    ['a bucket with tokens and no price', tokens({ cacheWrite1hTokens: 1 }), { modelId: 'anthropic.claude-sonnet-4-20250514-v1:0' }],
    ['a tier whose price is not known', million, { modelId: 'amazon.nova-lite-v1:0', serviceTier: 'flex' }],
    ['a batch', million, { modelId: 'amazon.nova-lite-v1:0', batch: true }],
    ['a price that has ended', million, { modelId: 'anthropic.claude-3-5-sonnet-20241022-v2:0', at: AT }],
    ['negative tokens', tokens({ uncachedInputTokens: -1 }), { modelId: 'amazon.nova-lite-v1:0' }],
  ])('has no cost for %s', (_what, usage, call) => {
    expect(new CostCalculator().calculate(usage, call)).toBeUndefined();
  });

  test('takes the price that held on the day', () => {
    const cost = new CostCalculator().calculate(million, { modelId: 'anthropic.claude-3-5-sonnet-20241022-v2:0', at: new Date('2025-11-30T23:59:59Z') });

    expect(cost?.usd).toBe(18);
  });

  test('prices a bare id at the in-region price where it is told to', () => {
    const calculator = new CostCalculator({ bareIdPrice: 'in-region' });

    expect(calculator.calculate(million, { modelId: 'anthropic.claude-sonnet-4-5-20250929-v1:0' })?.usd).toBe(19.8);
    expect(calculator.calculate(million, { modelId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0' })?.usd).toBe(18);
    expect(calculator.calculate(million, { modelId: 'anthropic.claude-sonnet-4-20250514-v1:0' })?.usd).toBe(18);
  });

  test('takes custom prices before the catalog, and checks them', () => {
    const calculator = new CostCalculator({ customPrices: { 'amazon.nova-lite-v1:0': { input: 1, output: 2 } } });

    expect(calculator.calculate(million, { modelId: 'us.amazon.nova-lite-v1:0' })?.usd).toBe(3);
    for (const input of [-1, NaN, Infinity, '1', undefined]) {
      expect(() => new CostCalculator({ customPrices: { m: { input: input as number, output: 1 } } })).toThrow('the custom price of m must have input');
    }
  });

  test('adds a million calls up without drifting', () => {
    const calculator = new CostCalculator();
    const cost = calculator.calculate(tokens({ uncachedInputTokens: 3702, outputTokens: 1701 }), { modelId: 'amazon.nova-micro-v1:0' });

    let sum = 0n;
    for (let call = 0; call < 1_000_000; call += 1) sum += cost?.picoUsd ?? 0n;

    expect(picoToDecimalString(sum)).toBe('367.71');
  });
});

describe('pico-dollars', () => {
  test.each([
    ['0.00036771', 367_710_000n], ['1', 1_000_000_000_000n], ['0', 0n], ['1e-12', 1n], ['1.5e-12', 2n], ['1.4e-12', 1n], ['-0.5', -500_000_000_000n],
    ['9007199254740993', 9_007_199_254_740_993_000_000_000_000n], ['2.5e3', 2_500_000_000_000_000n],
  ])('of %s are %d', (usd, pico) => {
    expect(usdToPico(usd)).toBe(pico);
  });

  test.each(['', 'NaN', 'Infinity', '1,5', '0x10', '1e', '.5'])('of %j there are none', (text) => {
    expect(() => usdToPico(text)).toThrow(RangeError);
  });

  test('go to text and numbers and back', () => {
    for (const pico of [0n, 1n, 999_999_999_999n, 8_449_467_585_000n, -1n]) expect(usdToPico(picoToDecimalString(pico))).toBe(pico);
    expect(picoToUsdNumber(300_000_000_000n)).toBe(0.3);
  });
});

describe('parseModelId', () => {
  const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  test.each([
    [CLAUDE, CLAUDE, 'anthropic', 'in-region', false],
    [`us.${CLAUDE}`, CLAUDE, 'anthropic', 'geo', false],
    [`us-gov.${CLAUDE}`, CLAUDE, 'anthropic', 'geo', false],
    [`apac.${CLAUDE}`, CLAUDE, 'anthropic', 'geo', false],
    [`global.${CLAUDE}`, CLAUDE, 'anthropic', 'global', false],
    ['anthropic.claude-3-sonnet-20240229-v1:0:200k', 'anthropic.claude-3-sonnet-20240229-v1:0', 'anthropic', 'in-region', false],
    [`arn:aws:bedrock:us-east-1::foundation-model/${CLAUDE}`, CLAUDE, 'anthropic', 'in-region', false],
    [`arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.${CLAUDE}`, CLAUDE, 'anthropic', 'geo', false],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/otnfa2ysixqd', 'application-inference-profile/otnfa2ysixqd', '', 'in-region', true],
    ['arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc', 'provisioned-model/abc', '', 'in-region', true],
    ['arn:aws:sagemaker:us-east-1:123456789012:endpoint/endpoint-quick-start', 'sagemaker-endpoint/endpoint-quick-start', '', 'in-region', true],
    ['zai.glm-4.7', 'zai.glm-4.7', 'zai', 'in-region', false],
    ['deepseek.v3.2', 'deepseek.v3.2', 'deepseek', 'in-region', false],
    ['ai21.jamba-1-5-large-v1:0', 'ai21.jamba-1-5-large-v1:0', 'ai21', 'in-region', false],
  ])('understands %s', (id, model, vendor, scope, opaque) => {
    expect(parseModelId(id)).toEqual(expect.objectContaining({ model, vendor, scope, opaque }));
  });
});
