import * as path from 'node:path';
import { build } from 'esbuild';
import { CATALOG, CATALOG_ALIASES } from '../../../lambda/pricing/list-prices/catalog';
import { ALIASES } from '../../../lambda/pricing/list-prices/model-aliases';
import { OVERRIDES, PRICED_BY_REGION } from '../../../lambda/pricing/list-prices/overrides';
import type { MarketPrices } from '../../../lambda/pricing/list-prices/price-types';
import { priceKey, pricedModels } from '../../../lambda/pricing/price-lookup';
import { PRICE_BUCKETS, PRICE_TIERS } from '../../../src/contract';
import { REPOSITORY, runOk } from '../../support/run';
import { parseModelId } from 'cdk-token-analytics/runtime';

const MAX_BYTES = 40 * 1024;
const BUCKETS = [...PRICE_BUCKETS, 'speechInput', 'speechOutput'];

const tables: readonly Readonly<Record<string, MarketPrices>>[] = [
  CATALOG,
  ...OVERRIDES.map(({ prices }) => prices),
];
const rows = tables.flatMap(table =>
  Object.entries(table).flatMap(([model, markets]) =>
    Object.entries(markets).map(([market, periods = []]) => ({ model, market, periods })),
  ),
);

test('the catalog equals the price library', async () => {
  expect(await runOk(process.execPath, ['scripts/prices/generate.mjs', '--check'])).toMatch(
    /^prices: \d+ models, as @pydantic\/genai-prices \S+ has them\n/,
  );
});

test('the catalog contains the licence of its figures', async () => {
  const { readFile } = await import('node:fs/promises');

  expect(await readFile(path.join(REPOSITORY, 'lambda/pricing/list-prices/catalog.ts'), 'utf8')).toMatch(
    /The MIT License|Permission is hereby granted, free of charge/,
  );
});

test('prices take at most 40 KB of a bundle', async () => {
  const {
    outputFiles: [{ contents }],
  } = await build({
    absWorkingDir: REPOSITORY,
    bundle: true,
    format: 'esm',
    minify: true,
    platform: 'node',
    target: 'node20',
    write: false,
    stdin: {
      contents: ['catalog', 'overrides', 'model-aliases', 'tier-factors']
        .map(name => `export * from './lambda/pricing/list-prices/${name}';`)
        .join(''),
      resolveDir: REPOSITORY,
    },
  });

  expect(contents.length).toBeLessThan(MAX_BYTES);
});

test.each(rows.map(row => [`${row.model}, ${row.market}`, row] as const))(
  'the price of %s is valid',
  (_what, { model, market, periods }) => {
    expect(market).toMatch(/^(any|global|regional|us-gov|[a-z]{2}(-[a-z]+)+-\d)$/);
    expect(periods.length).toBeGreaterThan(0);
    periods.forEach(({ from, until, rates, tierRates = {}, longPrompt }, index) => {
      for (const day of [from, until]) {
        if (day !== undefined) expect(new Date(day).toISOString()).toBe(`${day}T00:00:00.000Z`);
      }
      if (index > 0) expect(from).toBe(periods[index - 1].until);
      for (const each of [rates, ...Object.values(tierRates), ...(longPrompt ? [longPrompt.rates] : [])]) {
        for (const [bucket, rate] of Object.entries(each)) {
          expect(BUCKETS).toContain(bucket);
          expect(rate).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/);
        }
      }
      // A price of $0 would be a mistake: AWS's price list contains $0 only for free usage types.
      expect(Number(rates.input)).toBeGreaterThan(0);
      if (rates.output !== undefined) expect(Number(rates.output)).toBeGreaterThan(0);
      if (longPrompt) expect(Object.keys(longPrompt.rates)).toEqual(Object.keys(rates));
      for (const [tier, each] of Object.entries(tierRates)) {
        expect(PRICE_TIERS).toContain(tier);
        expect(Object.keys(each)).toEqual(Object.keys(rates));
        expect(longPrompt).toBeUndefined();
      }
    });
    expect(priceKey(model)).toBe(model);
  },
);

test('every model has a valid model id', () => {
  for (const model of pricedModels()) {
    for (const id of [
      model,
      `${model}:0`,
      `us.${model}`,
      `arn:aws:bedrock:us-east-1::foundation-model/${model}`,
    ]) {
      const parsed = parseModelId(id);
      expect([id, parsed.opaque, priceKey(parsed.model)]).toEqual([id, false, model]);
    }
  }
});

test('other spellings and regional prices belong to models with a price', () => {
  const priced = new Set(pricedModels());

  for (const [alias, model] of Object.entries({ ...CATALOG_ALIASES, ...ALIASES })) {
    expect([alias, priced.has(alias), priced.has(model)]).toEqual([alias, false, true]);
  }
  for (const model of PRICED_BY_REGION) expect([model, priced.has(model)]).toEqual([model, true]);
  for (const { model, market } of rows) {
    if (/-\d$/.test(market)) expect([model, PRICED_BY_REGION.has(model)]).toEqual([model, true]);
  }
});

test('every override has a source and a date', () => {
  for (const { source, asOf } of OVERRIDES) {
    expect(source).toMatch(/AWS|Bedrock/);
    expect(new Date(asOf).toISOString().slice(0, 10)).toBe(asOf);
  }
});
