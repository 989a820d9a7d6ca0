import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { REPOSITORY, run, runOk } from '../../support/run';

const GENERATE = 'scripts/prices/generate.mjs';
const SNAPSHOT = path.join(REPOSITORY, 'scripts/prices/litellm.json');

interface Rates {
  [bucket: string]: string;
}
interface Row {
  readonly rates: Rates;
  readonly tierRates?: Record<string, Rates>;
  readonly longPrompt?: { readonly above: number; readonly rates: Rates };
}
interface Snapshot {
  readonly source: string;
  readonly published: string;
  readonly licence: readonly string[];
  readonly prices: Record<string, Row>;
}
interface Disagreement {
  readonly id: string;
  readonly market: string;
  readonly figure: string;
  readonly ours?: string;
  readonly theirs: string;
}
interface SingleSource extends Row {
  readonly id: string;
  readonly model?: string;
  readonly scope?: string;
  readonly region?: string;
  readonly priced: boolean;
  readonly source: string;
  readonly asOf: string;
}
interface Comparison {
  readonly compared: number;
  readonly disagreements: readonly Disagreement[];
  readonly unconfirmed: readonly {
    readonly model: string;
    readonly market: string;
    readonly figure: string;
  }[];
}

let folder = '';
let kept: Snapshot;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'prices-'));
  kept = await snapshot();
});
afterAll(() => rm(folder, { recursive: true }));

const snapshot = async () => JSON.parse(await readFile(SNAPSHOT, 'utf8')) as Snapshot;

/**
 * Evaluates a JavaScript expression in a new process. The expression can use `snapshot` (LiteLLM's price list
 * in the repository), `book` (the project's prices) and `given`.
 */
async function valueOf<Value>(imports: string, expression: string, given: object = {}): Promise<Value> {
  const module = `
    import { loadPrices } from './scripts/prices/load-prices.mjs';
    import { readSnapshot } from './scripts/prices/litellm-snapshot.mjs';
    ${imports}
    const given = ${JSON.stringify(given)};
    const [snapshot, book] = [await readSnapshot(), await loadPrices()];
    console.log(JSON.stringify(${expression}));
  `;
  return JSON.parse(await runOk(process.execPath, ['--input-type=module', '--eval', module])) as Value;
}

/** Compares the project's prices with `prices`, which replace the rows of the LiteLLM price list. */
const compare = (prices: Record<string, object>) =>
  valueOf<Comparison>(
    "import { comparePrices } from './scripts/prices/compare.mjs';",
    'comparePrices({ ...snapshot, prices: given }, book)',
    prices,
  );

/** Runs the price check against a copy of the LiteLLM price list that `change` has modified. */
async function checkAgainst(change: (snapshot: Snapshot) => void) {
  const changed = await snapshot();
  change(changed);
  const file = path.join(folder, 'changed.json');
  await writeFile(file, JSON.stringify(changed));
  return run(process.execPath, [GENERATE, '--check', '--against', file]);
}

describe('price check', () => {
  test('the price check explains each disagreement with the second list and needs each explanation', async () => {
    const { code, stdout } = await run(process.execPath, [GENERATE, '--check']);

    const [, compared, differing, lacking] =
      /(\d+) figures compared with LiteLLM \S+ of \S+: (\d+) differ, (\d+) are missing here, 0 of them/.exec(
        stdout,
      ) ?? [];
    expect(Number(compared)).toBeGreaterThan(2000);
    expect(Number(differing)).toBeGreaterThan(0);
    expect(Number(lacking)).toBeGreaterThan(0);
    expect(stdout).toContain('    cohere.command-text-v14: input 1.5 / 1\n');
    expect(stdout).not.toMatch(/NO EXPLANATION|NOT NEEDED/);
    expect(code).toBe(0);
  });

  test('the price check reports each disagreement without an explanation', async () => {
    const { code, stdout } = await checkAgainst(({ prices }) => {
      prices['amazon.nova-2-sonic-v1:0'].rates.speechOutput = '13';
      prices['amazon.nova-micro-v1:0'].rates.input = '0.036';
      // The project has a regional and a global price for this model. Both differ from 2.1.
      prices['anthropic.claude-sonnet-5-5'].rates.input = '2.1';
      prices['bedrock/eu-west-2/qwen.qwen3-coder-next'].rates.input = '0.77';
      prices['cohere.embed-v4:0'].rates.cacheRead = '1';
      Object.assign(prices['global.openai.gpt-6-sol'].longPrompt?.rates ?? {}, { output: '16' });
      Object.assign(prices['openai.gpt-oss-safeguard-20b'].tierRates?.flex ?? {}, { input: '0.035' });
      prices['us.anthropic.claude-opus-4-8'].rates.cacheWrite1h = '10';
    });

    expect(stdout).toContain('8 of them are unexplained');
    expect(/^- NO EXPLANATION: .*\n((?: {4}.*\n)+)/m.exec(stdout)?.[1].trimEnd().split('\n')).toEqual([
      '    amazon.nova-2-sonic-v1:0: speechOutput 12 / 13',
      '    amazon.nova-micro-v1:0: input 0.035 / 0.036',
      '    anthropic.claude-sonnet-5-5: input 2.2 / 2.1',
      '    bedrock/eu-west-2/qwen.qwen3-coder-next: input 0.78 / 0.77',
      '    cohere.embed-v4:0: cacheRead none / 1',
      '    global.openai.gpt-6-sol: above 272000 output 15 / 16',
      '    openai.gpt-oss-safeguard-20b: flex input 0.03 / 0.035',
      '    us.anthropic.claude-opus-4-8: cacheWrite1h 11 / 10',
    ]);
    expect(code).toBe(1);
  });

  test('the price check reports an explanation without a disagreement', async () => {
    const { code, stdout } = await checkAgainst(({ prices }) => {
      prices['cohere.command-text-v14'].rates.input = '1.5';
      delete prices['anthropic.claude-haiku-4-5@20251001'];
    });

    expect(stdout).toMatch(/^- NOT NEEDED in .*: cohere\.command-text-v14 input /m);
    expect(stdout).toMatch(/^- NOT NEEDED in .*: anthropic\.claude-haiku-4-5@20251001 /m);
    expect(code).toBe(1);
  });
});

describe('comparePrices', () => {
  const rates = { input: '1', output: '1' };

  const MARKETS = {
    'global.openai.gpt-6-sol': 'global',
    'us.openai.gpt-6-sol': 'regional',
    'openai.gpt-6-sol': 'regional',
    'bedrock_mantle/openai.gpt-6-sol': 'regional',
    'bedrock_mantle/anthropic.claude-haiku-4-5': 'regional',
    'anthropic.claude-sonnet-4-5-20250929-v1:0': 'regional',
    'jp.anthropic.claude-sonnet-4-5-20250929-v1:0': 'regional',
    'us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0': 'us-gov',
    'bedrock/us-gov-east-1/anthropic.claude-sonnet-4-5-20250929-v1:0': 'us-gov',
    'bedrock/us-gov-west-1/amazon.nova-lite-v1:0': 'us-gov-west-1',
    'bedrock/eu-central-1/qwen.qwen3-coder-next': 'eu-central-1',
    'bedrock/us-west-2/qwen.qwen3-coder-next': 'any',
    'bedrock/invoke/anthropic.claude-3-5-sonnet-20240620-v1:0': 'any',
    'eu.amazon.nova-lite-v1:0': 'eu-central-1',
    'apac.amazon.nova-lite-v1:0': 'ap-southeast-2',
  };

  test('a row of the second list is compared only with the price of its market', async () => {
    const { disagreements } = await compare(
      Object.fromEntries(Object.keys(MARKETS).map(id => [id, { rates }])),
    );

    expect(Object.fromEntries(disagreements.map(({ id, market }) => [id, market]))).toEqual(MARKETS);
    expect(disagreements).toHaveLength(2 * Object.keys(MARKETS).length);
  });

  test('a row of the second list is compared with the price on the publication day of the list', async () => {
    const [before, after] = await Promise.all(
      ['2026-07-29', '2026-07-30'].map(day =>
        valueOf<Comparison>(
          "import { comparePrices } from './scripts/prices/compare.mjs';",
          'comparePrices({ ...given }, book)',
          { published: day, prices: { 'us.openai.gpt-5.6-luna': { rates } } },
        ),
      ),
    );

    expect(before.disagreements.map(({ ours }) => ours)).toEqual(['1.1', '6.6']);
    expect(after.disagreements.map(({ ours }) => ours)).toEqual(['0.22', '1.32']);
  });

  test('a row of the second list confirms only its own figures', async () => {
    const { compared, unconfirmed } = await compare({
      'amazon.nova-micro-v1:0': { rates: { input: '0.035', output: '0.14' } },
    });
    const figures = unconfirmed
      .filter(({ model, market }) => model === 'amazon.nova-micro-v1' && market === 'any')
      .map(({ figure }) => figure)
      .filter(figure => !figure.startsWith('batch'));

    expect(compared).toBe(2);
    expect(figures).toEqual(['cacheRead', 'cacheWrite5m']);
  });
});

describe('singleSourceRows', () => {
  let rows: readonly SingleSource[] = [];
  beforeAll(async () => {
    rows = await valueOf<SingleSource[]>(
      "import { singleSourceRows } from './scripts/prices/single-source.mjs';",
      'singleSourceRows(snapshot, book)',
    );
  });

  test('a price with a single source has an id, rates, the source and its day', () => {
    const { source, published } = kept;

    expect(rows.find(({ id }) => id === 'global.openai.gpt-5.4')).toEqual({
      id: 'global.openai.gpt-5.4',
      model: 'openai.gpt-5.4',
      scope: 'global',
      priced: true,
      rates: { input: '2.5', output: '15', cacheRead: '0.25' },
      longPrompt: { above: 272_000, rates: { input: '5', output: '22.5', cacheRead: '0.5' } },
      source,
      asOf: published,
    });
    expect(rows.find(({ id }) => id === 'bedrock/ap-south-1/deepseek.v3.2')).toMatchObject({
      model: 'deepseek.v3.2',
      scope: 'in-region',
      region: 'ap-south-1',
      priced: true,
      rates: { input: '0.74', output: '2.22' },
    });
    expect(rows.find(({ id }) => id === 'us.anthropic.claude-fable-5-2')).toMatchObject({
      scope: 'us',
      priced: false,
      rates: { input: '8.8', output: '44' },
      source: 'genai-prices 0.2.3',
    });
    expect(rows.map(({ id }) => id)).toEqual([...rows.map(({ id }) => id)].sort());
  });

  test('prices with a single source include models without any other price, but no priced models or other ids', () => {
    const models = new Set(rows.filter(({ priced }) => !priced).map(({ model }) => model));
    const ids = rows.map(({ id }) => id);

    for (const model of ['xai.grok-4.7', 'google.gemma-4-31b', 'amazon.nova-2-5-sonic']) {
      expect([model, models.has(model)]).toEqual([model, true]);
    }
    for (const id of [
      'amazon.nova-lite-v1:0',
      'claude-sonnet-4-5-20250929-v1:0',
      'bedrock_mantle/xai.grok-4.3',
    ]) {
      expect(ids).not.toContain(id);
    }
  });
});
