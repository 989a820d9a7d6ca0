import { nearestModels } from '../../../lambda/pricing/nearest-models';
import { listedMarkets, pricedModels } from '../../../lambda/pricing/price-lookup';
import { type PriceListOptions, type PriceRow, priceRows } from '../../../lambda/pricing/price-rows';
import { CostCalculator } from 'cdk-token-analytics/runtime';

const AT = new Date('2026-11-24T12:00:00Z');
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl';
const rows = (query?: string, options: PriceListOptions = {}) =>
  priceRows(query, { at: AT, ...options }).rows;
const currentRows = (query?: string, options: PriceListOptions = {}) =>
  rows(query, options).filter(({ current }) => current);
const rowText = ({ model, market, input, applies }: PriceRow) =>
  `${model} ${market} ${input}${applies ? ' applies' : ''}`;

describe('the price list', () => {
  test('the price list contains each price of each model, and marks the one that applies', () => {
    const all = rows();
    const calculator = new CostCalculator();

    expect([...new Set(all.map(({ model }) => model))]).toEqual(pricedModels());
    expect(all).toHaveLength(
      pricedModels().reduce(
        (sum, model) =>
          sum + [...listedMarkets(model).values()].reduce((count, { periods }) => count + periods.length, 0),
        0,
      ),
    );
    for (const model of pricedModels()) {
      const applying = all.filter(row => row.model === model && row.applies);
      const rates = applying.map(
        ({ model: _, market, tiers, from, until, current, applies, ...price }) => price,
      );
      expect(rates).toEqual([calculator.price(model, AT)].filter(price => price !== undefined));
    }
  });

  test.each([
    [SONNET, ['global 3 applies', 'regional 3.3', 'us-gov 3.6']],
    [`${SONNET}:0`, ['global 3 applies', 'regional 3.3', 'us-gov 3.6']],
    [`us.${SONNET}:0`, ['global 3', 'regional 3.3 applies', 'us-gov 3.6']],
    [`global.${SONNET}:0`, ['global 3 applies', 'regional 3.3', 'us-gov 3.6']],
    [`us-gov.${SONNET}:0`, ['global 3', 'regional 3.3', 'us-gov 3.6 applies']],
    [
      `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.${SONNET}:0`,
      ['global 3', 'regional 3.3 applies'],
    ],
    [` ${SONNET} `, ['global 3 applies', 'regional 3.3', 'us-gov 3.6']],
  ])('the price list finds a model by %s', (query, expected) => {
    expect(currentRows(query).map(rowText)).toEqual(expected.map(row => `${SONNET} ${row}`));
  });

  test('the price list finds models by a part of their name', () => {
    const models = (query: string) => [...new Set(rows(query).map(({ model }) => model))];

    expect(models('haiku 4.5')).toEqual(['anthropic.claude-haiku-4-5-20251001-v1']);
    expect(models('Claude-Haiku')).toEqual([
      'anthropic.claude-haiku-4-5-20251001-v1',
      'anthropic.claude-haiku-5-5',
    ]);
    expect(models('us.amazon.nova-li')).toEqual(['amazon.nova-lite-v1']);
    expect(models('anthropic.claude-sonnet-5')).toEqual(['anthropic.claude-sonnet-5']);
  });

  test('the price list contains the prices of the region, and omits those of others', () => {
    expect(rows('amazon.nova-lite-v1:0', { region: 'eu-central-1' }).map(rowText)).toEqual([
      'amazon.nova-lite-v1 any 0.06',
      'amazon.nova-lite-v1 eu-central-1 0.078 applies',
    ]);
    expect(rows('amazon.nova-lite-v1:0', { region: 'eu-west-1' }).map(rowText)).toEqual([
      'amazon.nova-lite-v1 any 0.06',
    ]);
    expect(
      rows('arn:aws:bedrock:ap-southeast-2::foundation-model/amazon.nova-lite-v1:0', {
        region: 'eu-central-1',
      }).map(rowText)[1],
    ).toBe('amazon.nova-lite-v1 ap-southeast-2 0.063 applies');
    expect(currentRows(SONNET, { region: 'us-gov-west-1' }).map(rowText)[2]).toBe(
      `${SONNET} us-gov 3.6 applies`,
    );
    expect(currentRows(SONNET, { bareIdPrice: 'in-region' }).map(rowText)[1]).toBe(
      `${SONNET} regional 3.3 applies`,
    );
    expect(currentRows(SONNET, { region: 'eu-central-1' }).map(rowText)).toEqual([
      `${SONNET} global 3`,
      `${SONNET} regional 3.3 applies`,
    ]);
    expect(currentRows(SONNET, { region: 'eu-central-1', bareIdPrice: 'global' }).map(rowText)[0]).toBe(
      `${SONNET} global 3 applies`,
    );
    expect(currentRows(`arn:aws:bedrock:us-east-1::foundation-model/${SONNET}:0`).map(rowText)[1]).toBe(
      `${SONNET} regional 3.3 applies`,
    );
  });

  test('the price list contains the period of a price, and marks the current one', () => {
    const regional = (at: string) =>
      rows('openai.gpt-5.6-luna', { at: new Date(at) })
        .filter(({ market }) => market === 'regional')
        .map(({ from, until, output, current, applies }) => [from, until, output, current, applies]);

    expect(regional('2026-07-29T23:59:59Z')).toEqual([
      [undefined, '2026-07-30', 6.6, true, true],
      ['2026-07-30', undefined, 1.32, false, false],
    ]);
    expect(regional('2026-07-30T00:00:00Z')).toEqual([
      [undefined, '2026-07-30', 6.6, false, false],
      ['2026-07-30', undefined, 1.32, true, true],
    ]);
    expect(rows('anthropic.claude-3-5-sonnet-20241022-v2:0').map(({ current }) => current)).toEqual([false]);
  });

  test('the price list contains tiers with their factors, long-prompt rates, source and date', () => {
    expect(rows('amazon.nova-pro-v1:0')[0]).toMatchObject({
      tiers: { flex: 0.5, priority: 1.75, batch: 0.5 },
      source: expect.stringContaining('AWS price list') as string,
      asOf: '2026-11-24',
      cacheWrite5m: 0,
    });
    expect(rows('openai.gpt-6-sol')[1]).toMatchObject({
      market: 'regional',
      tiers: {},
      longPrompt: { above: 272_000, input: 4.4, output: 16.5 },
    });
  });

  test('the price list contains listed rates of tiers without a factor', () => {
    const [, inTokyo] = rows('mistral.voxtral-mini-3b-2507', { region: 'ap-northeast-1' });

    expect(rows('openai.gpt-oss-safeguard-20b')[0]).toMatchObject({
      input: 0.07,
      tiers: {},
      tierRates: {
        flex: { input: 0.03, output: 0.1 },
        batch: { input: 0.03, output: 0.1 },
        priority: { input: 0.12, output: 0.35 },
      },
    });
    expect(rows('mistral.magistral-small-2509')[0]).toMatchObject({
      tiers: { flex: 0.5, batch: 0.5 },
      tierRates: { priority: { input: 0.88, output: 2.63 } },
    });
    expect(inTokyo).toMatchObject({ input: 0.05, tiers: {}, tierRates: { flex: { input: 0.03 } } });
  });
});

describe('custom prices', () => {
  const customPrices = {
    'amazon.nova-lite-v1:0': { input: 1, output: 2 },
    'anthropic.claude-haiku-*': { input: 3, output: 4, tierFactors: { flex: 0.25 } },
    'vendor.own-model': { input: 5, output: 6 },
  };
  const custom = (query?: string) =>
    rows(query, { customPrices })
      .filter(({ market, applies }) => market === 'custom' || applies)
      .map(rowText);

  test('custom prices take precedence over the catalog', () => {
    expect(custom('amazon.nova-lite-v1:0')).toEqual(['amazon.nova-lite-v1:0 custom 1 applies']);
    expect(custom('us.anthropic.claude-haiku-5-5')).toEqual(['anthropic.claude-haiku-5-5 custom 3 applies']);
    expect(custom('vendor.own-model')).toEqual(['vendor.own-model custom 5 applies']);
    expect(custom('haiku')).toEqual([
      'anthropic.claude-haiku-* custom 3 applies',
      'anthropic.claude-3-5-haiku-20241022-v1 any 0.8 applies',
      'anthropic.claude-3-haiku-20240307-v1 any 0.25 applies',
    ]);
    expect(rows('vendor.own-model', { customPrices })[0]).toMatchObject({ source: 'custom', tiers: {} });
    expect(rows('us.anthropic.claude-haiku-4-5-20251001-v1:0', { customPrices })[0].tiers).toEqual({
      flex: 0.25,
      batch: 0.5,
    });
  });

  test('custom prices are contained in the list of all models', () => {
    expect(rows(undefined, { customPrices }).slice(0, 3).map(rowText)).toEqual([
      'amazon.nova-lite-v1:0 custom 1 applies',
      'anthropic.claude-haiku-* custom 3 applies',
      'vendor.own-model custom 5 applies',
    ]);
    expect(
      rows(undefined, { customPrices }).filter(
        ({ model, applies }) => model === 'amazon.nova-lite-v1' && applies,
      ),
    ).toEqual([]);
  });

  test('custom prices apply to an application inference profile of the model', () => {
    const inferenceProfiles = { abcdefghijkl: `us.${SONNET}:0` };

    expect(currentRows(PROFILE, { inferenceProfiles }).map(rowText)[1]).toBe(
      `${SONNET} regional 3.3 applies`,
    );
    expect(priceRows(PROFILE)).toEqual({ rows: [], suggestions: [] });
  });
});

describe('an unknown model', () => {
  test.each([
    ['anthropic.claude-sonet-4-5', 'anthropic.claude-sonnet-4-5-20250929-v1'],
    ['us.amazon.nova-lite-v2:0', 'amazon.nova-lite-v1'],
    ['nova-pr0', 'amazon.nova-pro-v1'],
    ['gpt-4', 'openai.gpt-5.4'],
    ['lama3-8b', 'meta.llama3-8b-instruct-v1'],
  ])('%s has no price, and %s is suggested', (query, expected) => {
    const { rows: found, suggestions } = priceRows(query);

    expect(found).toEqual([]);
    expect(suggestions[0]).toBe(expected);
    expect(suggestions.length).toBeLessThanOrEqual(3);
  });

  test.each([
    ['without a similar model', 'zzz'],
    ['of the object prototype', 'constructor'],
    ['of the object prototype, in underscores', '__proto__'],
    ['of an unknown vendor', 'foo.bar'],
    ['without a letter', '*'],
    ['in pictures', '🦙'],
    ['of 100,000 letters', 'x'.repeat(100_000)],
  ])('the price list has no suggestion for a name %s', (_what, query) => {
    expect(priceRows(query)).toEqual({ rows: [], suggestions: [] });
  });

  test('an unknown model is compared with custom prices, too', () => {
    expect(
      priceRows('vendor.own-modal', { customPrices: { 'vendor.own-model': { input: 5, output: 6 } } })
        .suggestions,
    ).toEqual(['vendor.own-model']);
    expect(nearestModels('', ['a'])).toEqual([]);
  });

  test('the price list refuses an invalid time of the prices', () => {
    expect(() => priceRows('nova', { at: new Date(NaN) })).toThrow(
      'the time of the prices must be a valid date',
    );
  });
});
