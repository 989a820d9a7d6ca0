import { M, million, tokens } from './support';
import { validUsage } from '../../../lambda/usage/token-usage';
import {
  CostCalculator,
  type CostCalculatorOptions,
  explain,
  type PricedCall,
} from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-01T00:00:00Z');
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OLD_SONNET = 'anthropic.claude-sonnet-4-20250514-v1:0';
const ARN = `arn:aws:bedrock:eu-west-1::foundation-model/${SONNET}`;
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';

describe('a bare id of a Claude model', () => {
  test.each<[string, CostCalculatorOptions, Partial<PricedCall>, number]>([
    ['the region of the calculator', { region: 'us-east-1' }, {}, 19.8],
    ['the region of the call', {}, { region: 'eu-central-1' }, 19.8],
    ['the region of its ARN', {}, { modelId: ARN }, 19.8],
    [
      'the region of the profile that stands for it',
      { inferenceProfiles: { abcdefghijkl: SONNET } },
      { modelId: PROFILE },
      19.8,
    ],
    ['a region of GovCloud', { region: 'us-gov-west-1' }, {}, 21.6],
  ])('a bare id of a Claude model has the exact regional price with %s', (_what, options, call, usd) => {
    const cost = new CostCalculator(options).calculate(million, { modelId: SONNET, at: AT, ...call });

    expect(cost?.usd).toBe(usd);
    expect(cost).not.toHaveProperty('lowerBound');
  });

  test('a bare id of a Claude model has the global price as a lower bound if no region is known', () => {
    const calculator = new CostCalculator({ inferenceProfiles: { abcdefghijkl: SONNET } });

    for (const modelId of [SONNET, 'abcdefghijkl']) {
      expect(calculator.calculate(million, { modelId, at: AT })).toMatchObject({
        usd: 18,
        lowerBound: ['bareId'],
      });
    }
    expect(calculator.calculate(tokens({}), { modelId: SONNET })).not.toHaveProperty('lowerBound');
  });

  test('a bare id of a Claude model has the chosen price exactly, in any region', () => {
    for (const region of [undefined, 'eu-central-1']) {
      const costs = (['global', 'in-region'] as const).map(bareIdPrice =>
        new CostCalculator({ bareIdPrice, region }).calculate(million, { modelId: SONNET, at: AT }),
      );

      expect(costs.map(cost => [cost?.usd, cost?.lowerBound])).toEqual([
        [18, undefined],
        [19.8, undefined],
      ]);
    }
  });

  test('a bare id of a Claude model has an exact price if AWS lists one price, or the id has a prefix', () => {
    const costOf = (modelId: string) => new CostCalculator().calculate(million, { modelId, at: AT });

    expect(costOf(OLD_SONNET)).toMatchObject({ usd: 18 });
    expect(costOf('openai.gpt-5.4')).toMatchObject({ usd: 30.25 });
    for (const modelId of [OLD_SONNET, `global.${SONNET}`, `us.${SONNET}`, 'openai.gpt-5.4']) {
      expect(costOf(modelId)).not.toHaveProperty('lowerBound');
    }
  });

  test('a bare id of a Claude model has an exact custom price, and an exact cost of 0 with a discount of 100 %', () => {
    const costs = [
      new CostCalculator({ customPrices: { [SONNET]: { input: 1, output: 2 } } }),
      new CostCalculator({ discounts: { anthropic: 1 } }),
    ].map(calculator => calculator.calculate(million, { modelId: SONNET, at: AT }));

    expect(costs.map(cost => [cost?.usd, cost?.lowerBound])).toEqual([
      [3, undefined],
      [0, undefined],
    ]);
    expect(
      new CostCalculator({ discounts: { anthropic: 0.5 } }).calculate(million, { modelId: SONNET, at: AT }),
    ).toMatchObject({ usd: 9, lowerBound: ['bareId'] });
  });
});

describe('cache writes with an unknown time to live', () => {
  const written = tokens({ cacheWrite5mTokens: M, cacheWriteTtlUnknown: true });
  const costOf = (modelId: string, usage = written, options: CostCalculatorOptions = {}) =>
    new CostCalculator(options).calculate(usage, { modelId, at: AT });

  test('cache writes with an unknown time to live have the 5-minute rate, as a lower bound if the 1-hour rate is higher', () => {
    expect(costOf(`us.${SONNET}`)).toMatchObject({ usd: 4.125, lowerBound: ['cacheWriteTtl'] });
    expect(costOf(SONNET)).toMatchObject({ usd: 3.75, lowerBound: ['bareId', 'cacheWriteTtl'] });
    // If the writes are 1-hour writes, they are not free. The cost of $0 is therefore a lower bound.
    expect(
      costOf('my.model', written, {
        customPrices: { 'my.model': { input: 1, output: 1, cacheWrite5m: 0, cacheWrite1h: 1 } },
      }),
    ).toMatchObject({ usd: 0, lowerBound: ['cacheWriteTtl'] });
  });

  test.each([
    ['the model has no writes for an hour', costOf('amazon.nova-pro-v1:0')],
    ['nothing was written', costOf(`us.${SONNET}`, { ...million, cacheWriteTtlUnknown: true })],
    ['it is known', costOf(`us.${SONNET}`, { ...written, cacheWriteTtlUnknown: false })],
    [
      'both writes cost the same',
      costOf('my.model', written, {
        customPrices: { 'my.model': { input: 1, output: 1, cacheWrite5m: 2, cacheWrite1h: 2 } },
      }),
    ],
  ])('cache writes with an unknown time to live have an exact cost if %s', (_what, cost) => {
    expect(cost?.picoUsd).toBeGreaterThanOrEqual(0n);
    expect(cost).not.toHaveProperty('lowerBound');
  });

  test('cache writes with an unknown time to live keep their mark in the usage of a caller', () => {
    expect(validUsage(written)).toEqual(written);
    expect(validUsage({ ...million, cacheWriteTtlUnknown: false })).toStrictEqual(million);
    expect(validUsage({ ...million, cacheWriteTtlUnknown: 'yes' })).toStrictEqual(million);
  });
});

test('the arithmetic has a line for each reason', () => {
  const cost = new CostCalculator().calculate(tokens({ cacheWrite5mTokens: M, cacheWriteTtlUnknown: true }), {
    modelId: SONNET,
    at: AT,
  });

  expect(cost && explain(cost)).toBe(
    [
      'cache write       1,000,000 × $3.75 / 1M = $3.75',
      'total                       = $3.75',
      'at least: the global price of a bare id, as no region is known; the regional price is higher',
      'at least: all cache writes at the 5-minute rate, as their time to live is not known; 1-hour writes cost more',
      'rates of 2026-11-29: AWS Bedrock pricing page, Claude long context; LiteLLM 1.110.2 agrees',
    ].join('\n'),
  );
});
