import { Decimal } from 'decimal.js';
import { million, tokens } from './support';
import { priceRows } from '../../../lambda/pricing/price-rows';
import { CostCalculator, type Discounts, explain, type PricedCall } from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-01T00:00:00Z');
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS = 'anthropic.claude-opus-4-6';
const PRO = 'amazon.nova-pro-v1:0';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
const cost = (discounts: Discounts, modelId: string, call: Partial<PricedCall> = {}) =>
  new CostCalculator({ discounts, inferenceProfiles: { [PROFILE]: `us.${SONNET}` } }).calculate(million, {
    modelId,
    at: AT,
    ...call,
  });
const usd = (...args: Parameters<typeof cost>) => cost(...args)?.usd;

describe('a discount', () => {
  test('a discount by vendor reduces the list price of its models only', () => {
    const discounts = { anthropic: 0.1 };

    expect(cost(discounts, `global.${SONNET}`)).toMatchObject({
      picoUsd: 16_200_000_000_000n,
      breakdown: { input: 2_700_000_000_000n, output: 13_500_000_000_000n },
      price: { input: 3, output: 15 },
      discount: { name: 'anthropic', share: 0.1 },
    });
    expect(usd(discounts, `us.${SONNET}`)).toBe(17.82);
    expect(usd(discounts, PROFILE)).toBe(17.82);
    expect(cost(discounts, PRO)).toMatchObject({ usd: 4 });
    expect(cost(discounts, PRO)).not.toHaveProperty('discount');
    expect(new CostCalculator({ discounts }).price(`global.${SONNET}`)?.output).toBe(15);
  });

  test.each([
    [OPUS, 33 * 0.75],
    [`${OPUS}-v1`, 33 * 0.75],
    [`${OPUS}-v1:0`, 33 * 0.75],
    [`us.${OPUS}`, 33 * 0.75],
    [`us.${OPUS}-v1:0`, 33 * 0.75],
    [`global.${OPUS}`, 33],
    ['anthropic.claude-opus-*', 33 * 0.75],
    ['us.anthropic.*', 33 * 0.75],
    ['*', 33 * 0.75],
    ['anthropic.claude-opus-4', 33],
    ['openai', 33],
  ])('a discount for %s gives an invocation in the United States the cost %d', (name, expected) => {
    for (const modelId of [
      `us.${OPUS}-v1`,
      `us.${OPUS}`,
      `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${OPUS}-v1:0`,
    ]) {
      expect(usd({ [name]: 0.25 }, modelId)).toBe(expected);
    }
  });

  test('a discount for an inference profile applies to its invocations only', () => {
    expect(cost({ [PROFILE]: 0.5 }, PROFILE)).toMatchObject({ usd: 9.9, discount: { name: PROFILE } });
    expect(usd({ [PROFILE]: 0.5 }, `us.${SONNET}`)).toBe(19.8);
  });

  test('a discount of a model takes precedence over its vendor, longer patterns over shorter ones, and * comes last', () => {
    const all = {
      '*': 0.01,
      'anthropic': 0.02,
      'anthropic.*': 0.03,
      'anthropic.claude-*-4-5-*': 0.04,
      [SONNET]: 0.05,
      [`us.${SONNET}`]: 0.06,
    };
    const nameOf = (discounts: Discounts) => cost(discounts, `us.${SONNET}`)?.discount?.name;
    const left: Record<string, number> = { ...all };
    const order: (string | undefined)[] = [];
    for (let name = nameOf(left); name !== undefined; name = nameOf(left)) {
      order.push(name);
      delete left[name];
    }

    expect(order).toEqual(Object.keys(all).reverse());
    expect(cost(all, `eu.${SONNET}`)?.discount?.name).toBe(SONNET);
    expect(cost(all, PRO)?.discount?.name).toBe('*');
  });

  test('a discount of 0 leaves a model at its list price, and one of 1 makes it free', () => {
    const discounts = { 'anthropic': 0.1, 'anthropic.claude-opus-*': 0, 'amazon': 1 };

    expect(cost(discounts, `us.${OPUS}`)).toMatchObject({ usd: 33 });
    expect(cost(discounts, `us.${OPUS}`)).not.toHaveProperty('discount');
    expect(cost(discounts, PRO)).toMatchObject({ picoUsd: 0n, discount: { name: 'amazon', share: 1 } });
  });

  test('a discount does not reduce a custom price', () => {
    const calculator = new CostCalculator({
      discounts: { amazon: 0.1 },
      customPrices: { [PRO]: { input: 1, output: 2 } },
    });

    expect(calculator.calculate(million, { modelId: PRO })).toMatchObject({ usd: 3 });
    expect(calculator.calculate(million, { modelId: PRO })).not.toHaveProperty('discount');
    expect(calculator.calculate(million, { modelId: 'amazon.nova-lite-v1:0' })?.usd).toBe(0.27);
  });

  test('a discount is multiplied exactly with the factor of a tier, so that a bucket is rounded once', () => {
    const calculator = (share: number) => new CostCalculator({ discounts: { amazon: share } });
    const third = calculator(1 / 3).calculate(tokens({ uncachedInputTokens: 1_000_000_000 }), {
      modelId: 'amazon.nova-micro-v1:0',
    });
    const flex = calculator(0.999_999).calculate(tokens({ uncachedInputTokens: 1 }), {
      modelId: PRO,
      serviceTier: 'flex',
    });
    const priority = cost({ amazon: 0.07 }, PRO, { serviceTier: 'priority' });

    expect(third?.picoUsd).toBe(
      BigInt(
        Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP })
          .sub(1, '0.3333333333333333')
          .times('35000000000000')
          .toFixed(0),
      ),
    );
    // The exact cost is 0.4 pico-dollars, which is rounded to 0. A second rounding would give 1.
    expect(flex?.picoUsd).toBe(0n);
    expect(priority).toMatchObject({ picoUsd: 6_510_000_000_000n, tier: { factor: 1.75 } });
  });

  test('a discount is contained in the arithmetic and in JSON', () => {
    const discounted = cost({ amazon: 0.07 }, PRO, { batch: true })!;

    expect(explain(discounted)).toContain(
      '1,000,000 × $0.8 / 1M × 0.5 (batch) × 0.93 (discount: amazon) = $0.372\n',
    );
    expect(JSON.parse(JSON.stringify(discounted))).toMatchObject({
      usd: '1.86',
      discount: { name: 'amazon', share: 0.07 },
    });
  });

  test('a discount is contained in the price list beside the list prices', () => {
    const { rows } = priceRows(SONNET, { at: AT, discounts: { anthropic: 0.1 } });

    expect(
      rows
        .filter(({ current }) => current)
        .map(({ market, input, discount }) => [market, input, discount?.share]),
    ).toEqual([
      ['global', 3, 0.1],
      ['regional', 3.3, 0.1],
      ['us-gov', 3.6, 0.1],
    ]);
    expect([
      ...new Set(
        priceRows('nova', { at: AT, discounts: { 'anthropic': 0.1, 'amazon.nova-micro-v1:0': 0.2 } })
          .rows.filter(({ discount }) => discount)
          .map(({ model }) => model),
      ),
    ]).toEqual(['amazon.nova-micro-v1']);
    expect(
      priceRows(SONNET, {
        at: AT,
        discounts: { anthropic: 0.1 },
        customPrices: { [SONNET]: { input: 1, output: 1 } },
      }).rows[0],
    ).not.toHaveProperty('discount');
  });

  test.each<[string, unknown]>([
    ['anthropic', 1.01],
    ['anthropic', -0.1],
    ['anthropic', NaN],
    ['anthropic', Infinity],
    ['anthropic', '0.1'],
    ['anthropic', null],
    ['', 0.1],
    ['Anthropic', 0.1],
    ['claude-sonnet-4-5', 0.1],
    ['__proto__', 0.1],
  ])('a discount for %p of %p is refused', (name, share) => {
    const discounts = Object.fromEntries([[name, share]]) as Discounts;

    expect(() => new CostCalculator({ discounts })).toThrow(RangeError);
    expect(() => new CostCalculator({ discounts })).toThrow(`the discount of ${name} must be `);
  });

  test.each(['constructor', 'antropic', 'claude'])(
    'a discount for %s is refused, because it matches no model',
    name => {
      expect(() => cost({ [name]: 0.5 }, PRO)).toThrow(
        /^the discount of \w+ must be of a vendor \(ai21, amazon, /,
      );
    },
  );

  test('a discount does not match a name of the object prototype', () => {
    expect(usd({}, 'constructor')).toBeUndefined();
  });
});
