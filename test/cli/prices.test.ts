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

test('shows the source and date of a price, and lists all prices if no model is given', async () => {
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

test('explains the cost of a call by amounts whose sum is the total', async () => {
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

test('shows speech tokens on separate lines, as part of input and output tokens', async () => {
  const file = path.join(folder, 'speech.json');
  writeFileSync(
    file,
    JSON.stringify({ 'vendor.speech': { input: 0.33, output: 2.75, speechInput: 3, speechOutput: 12 } }),
  );
  const explain = ['prices', 'vendor.speech', '--prices', file, '--explain'];
  const all = ['--input', '700', '--speech-input', '410', '--output', '1000', '--speech-output', '880'];
  const [text, json, alone, tooMany, table] = await Promise.all([
    runAt(NOW, [...explain, ...all]),
    runAt(NOW, [...explain, ...all, '--json']),
    runAt(NOW, [...explain, '--speech-output', '1000000', '--json']),
    runAt(NOW, [...explain, '--input', '5', '--speech-input', '6']),
    runAt(NOW, ['prices', 'vendor.speech', '--prices', file]),
  ]);

  expect(text.stdout).toMatch(/input, speech +410 × \$3 \/ 1M = \$0\.00123\n/);
  expect(text.stdout).toMatch(/output, speech +880 × \$12 \/ 1M = \$0\.01056\n/);
  expect(JSON.parse(json.stdout)).toMatchObject({
    usd: '0.0122157',
    usage: { uncachedInputTokens: 700, speechInputTokens: 410, outputTokens: 1000, speechOutputTokens: 880 },
    breakdown: { input: '95700000', speechInput: '1230000000', speechOutput: '10560000000' },
  });
  expect(JSON.parse(alone.stdout)).toMatchObject({ usd: '12', usage: { outputTokens: 1_000_000 } });
  expect(tooMany.code).toBe(2);
  expect(tooMany.stderr).toContain('--speech-input must be at most --input, which includes it, got: 6 of 5');
  expect(table.stdout).toMatch(/│ Speech in │ Speech out │/);
  expect((await runAt(NOW, ['prices', MICRO])).stdout).not.toContain('Speech');
});

test('prices the bare id of a Claude model by --region, and otherwise at least at the global price', async () => {
  const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  const usage = ['--explain', '--input', '1000000', '--output', '1000000'];
  const note =
    'Without --region, the id of a Claude model without a prefix has the global price. It costs more in a region.';
  const explained = (...more: string[]) => runAt(NOW, ['prices', sonnet, ...usage, ...more, '--json']);
  const listed = (model: string, ...more: string[]) => runAt(NOW, ['prices', model, ...more]);
  const [unknown, regional, chosen, text] = await Promise.all([
    explained(),
    explained('--region', 'eu-central-1'),
    explained('--bare-id-price', 'global', '--region', 'eu-central-1'),
    runAt(NOW, ['prices', sonnet, ...usage]),
  ]);

  expect(
    [unknown, regional, chosen].map(({ stdout }) => {
      const { usd, lowerBound } = JSON.parse(stdout) as { usd: string; lowerBound?: string[] };
      return [usd, lowerBound];
    }),
  ).toEqual([
    ['18', ['bareId']],
    ['19.8', undefined],
    ['18', undefined],
  ]);
  expect(text.stdout).toContain('at least: the global price of a bare id, as no region is known');
  expect((await listed(sonnet)).stdout).toContain(note);
  expect((await listed(sonnet, '--region', 'eu-central-1')).stdout).not.toContain(note);
  expect((await listed(`global.${sonnet}`)).stdout).not.toContain(note);
  expect((await listed(MICRO)).stdout).not.toContain(note);
});

test('applies a discount to the cost of a call, and notes it below the list prices', async () => {
  const args = ['prices', MICRO, '--discount', 'amazon=0.07'];
  const [text, json, table, others] = await Promise.all([
    runAt(NOW, [...args, '--explain']),
    runAt(NOW, [...args, '--explain', '--json']),
    runAt(NOW, args),
    runAt(NOW, ['prices', MICRO, '--discount', 'anthropic=0.1']),
  ]);

  expect(text.stdout).toMatch(/input +10,000 × \$0\.035 \/ 1M × 0\.93 \(discount: amazon\) = \$0\.0003255\n/);
  expect(JSON.parse(json.stdout)).toMatchObject({
    usd: '0.0004557',
    discount: { name: 'amazon', share: 0.07 },
  });
  expect(table.stdout).toContain('\nDiscount: amazon (7 % less).\n');
  expect(others.stdout).not.toContain('Discount');
});

test('prefers the prices of a price file to the catalog, and validates the file', async () => {
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

test('fails for a model without a price, and suggests similar models', async () => {
  const [list, explained, tier] = await Promise.all([
    runAt(NOW, ['prices', 'amazon.nova-mikro-v1:0']),
    runAt(NOW, ['prices', 'amazon.nova-mikro-v1:0', '--explain']),
    runAt(NOW, ['prices', 'meta.llama3-70b-instruct-v1:0', '--explain', '--cache-read', '1']),
  ]);

  expect([list.code, list.stdout]).toEqual([1, '']);
  expect(list.stderr).toMatch(
    /the price of amazon\.nova-mikro-v1:0 is unknown\. Did you mean .*amazon\.nova-micro-v1/,
  );
  expect(explained.code).toBe(2);
  expect(explained.stderr).toContain(
    'the model must have a price, got: amazon.nova-mikro-v1:0. Did you mean',
  );
  expect(tier.code).toBe(2);
});
