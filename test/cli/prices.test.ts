import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { NOW, runAt, validated } from './support';

const MICRO = 'amazon.nova-micro-v1:0';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-prices-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a price has its source and its date, and all are listed without a model', async () => {
  const [text, json, all] = await Promise.all([
    runAt(NOW, ['prices', MICRO]),
    runAt(NOW, ['prices', MICRO, '--json']),
    runAt(NOW, ['prices', '--json']),
  ]);
  const one = validated('prices', json.stdout) as {
    prices: { model: string; asOf: string; source: string; applies: boolean; input: number }[];
  };
  const list = validated('prices', all.stdout) as typeof one;

  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/│ ● │ amazon\.nova-micro-v1 +│ /);
  expect(one.prices.filter(({ applies }) => applies)).toEqual([
    expect.objectContaining({
      asOf: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string,
      source: expect.stringMatching(/\S/) as string,
    }),
  ]);
  expect(text.stdout).toContain(one.prices[0].source);
  expect(list.prices.length).toBeGreaterThan(50);
});

test('the arithmetic of a call adds up', async () => {
  const args = ['prices', MICRO, '--explain', '--input', '3702', '--output', '1701'];
  const [text, json] = await Promise.all([runAt(NOW, args), runAt(NOW, [...args, '--json'])]);
  const call = validated('prices', json.stdout) as {
    usd: string;
    picoUsd: string;
    breakdown: Record<string, string>;
  };

  expect(text.stdout).toMatch(/input +3,702 × \$0\.035 \/ 1M = \$0\.00012957\n/);
  expect(text.stdout).toMatch(/total += \$0\.00036771\n/);
  expect(call.usd).toBe('0.00036771');
  expect(Object.values(call.breakdown).reduce((sum, pico) => sum + BigInt(pico), 0n)).toBe(
    BigInt(call.picoUsd),
  );
});

test("prices of one's own go before the catalog, in a file that is looked over", async () => {
  const [good, bad] = ['good.json', 'bad.json'].map(name => path.join(folder, name));
  writeFileSync(good, JSON.stringify({ [MICRO]: { input: 2, output: 4 } }));
  writeFileSync(bad, JSON.stringify({ [MICRO]: { input: -2, output: 4 } }));
  const [own, wrong] = await Promise.all([
    runAt(NOW, [
      'prices',
      MICRO,
      '--explain',
      '--input',
      '1000000',
      '--output',
      '0',
      '--prices',
      good,
      '--json',
    ]),
    runAt(NOW, ['prices', MICRO, '--prices', bad]),
  ]);

  expect(JSON.parse(own.stdout)).toEqual(expect.objectContaining({ usd: '2' }));
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain(`token-analytics: the price file ${bad}: "${MICRO}" `);
});

test('what has no price is a failure, with models like it', async () => {
  const [list, explained, tier] = await Promise.all([
    runAt(NOW, ['prices', 'amazon.nova-mikro-v1:0']),
    runAt(NOW, ['prices', 'amazon.nova-mikro-v1:0', '--explain']),
    runAt(NOW, ['prices', 'meta.llama3-70b-instruct-v1:0', '--explain', '--cache-read', '1']),
  ]);

  expect([list.code, list.stdout]).toEqual([1, '']);
  expect(list.stderr).toMatch(
    /no price is known of amazon\.nova-mikro-v1:0; did you mean .*amazon\.nova-micro-v1/,
  );
  expect(explained.code).toBe(2);
  expect(explained.stderr).toContain(
    'the model must be one that has a price, got: amazon.nova-mikro-v1:0; did you mean',
  );
  expect(tier.code).toBe(2);
});
