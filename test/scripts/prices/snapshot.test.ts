import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { REPOSITORY, run, runOk } from '../../support/run';

const SCRIPT = 'scripts/prices/snapshot.mjs';
const PRICE_FILE = 'litellm/model_prices_and_context_window_backup.json';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'snapshot-'))));
afterAll(() => rm(folder, { recursive: true }));

const MODELS = {
  'openai.gpt-9': {
    litellm_provider: 'bedrock_converse',
    mode: 'chat',
    max_input_tokens: 1,
    input_cost_per_token: 1.1e-7,
    output_cost_per_token: 5.5e-7,
    cache_read_input_token_cost: 1.1e-8,
    cache_creation_input_token_cost: 1.375e-7,
    cache_creation_input_token_cost_above_1hr: 2.2e-7,
    input_cost_per_token_above_272k_tokens: 2.2e-7,
    cache_creation_input_token_cost_above_1hr_above_272k_tokens: 4.4e-7,
    input_cost_per_token_above_272k_tokens_flex: 1.1e-7,
    input_cost_per_token_flex: 5.5e-8,
    input_cost_per_token_batches: 5.5e-8,
    output_cost_per_token_priority: 9.625e-7,
    search_context_cost_per_query: { search_context_size_low: 0.01 },
  },
  'a.embedding': {
    litellm_provider: 'bedrock',
    input_cost_per_token: 8e-7,
    output_cost_per_token: 0,
    input_cost_per_image: 6e-5,
  },
  'a.sonic': {
    litellm_provider: 'bedrock',
    input_cost_per_audio_token: 3e-6,
    output_cost_per_audio_token: 1.2e-5,
  },
  'bedrock_mantle/b.c': { litellm_provider: 'bedrock_mantle', input_cost_per_token: 1e-6 },
  'bedrock/claude_platform/claude-x': { litellm_provider: 'bedrock', input_cost_per_token: 1e-6 },
  'bedrock/*/1-month-commitment/x.y': { litellm_provider: 'bedrock', input_cost_per_second: 0.1 },
  '512-x-512/50-steps/x.image': { litellm_provider: 'bedrock', output_cost_per_image: 0.1 },
  'bedrock/guardrails': { litellm_provider: 'bedrock', guardrail_cost_per_unit: { topic: 1 } },
  'gpt-9': { litellm_provider: 'openai', input_cost_per_token: 1e-6 },
};
const PRICES = {
  'a.embedding': { rates: { input: '0.8' }, perUnit: { input_cost_per_image: '0.00006' } },
  'a.sonic': { rates: { speechInput: '3', speechOutput: '12' } },
  'bedrock_mantle/b.c': { rates: { input: '1' } },
  'openai.gpt-9': {
    rates: {
      input: '0.11',
      output: '0.55',
      cacheRead: '0.011',
      cacheWrite5m: '0.1375',
      cacheWrite1h: '0.22',
    },
    tierRates: { batch: { input: '0.055' }, flex: { input: '0.055' }, priority: { output: '0.9625' } },
    longPrompt: {
      above: 272_000,
      rates: { input: '0.22', cacheWrite1h: '0.44' },
      tierRates: { flex: { input: '0.11' } },
    },
  },
};

/** Returns a Python wheel, which is a ZIP archive, with the given files (name to content). */
function wheelOf(files: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, tail, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06'), end]);
}

async function snapshotOf(name: string, content: string | Buffer, ...args: string[]): Promise<string> {
  const [source, out] = [path.join(folder, name), path.join(folder, 'out.json')];
  await writeFile(source, content);
  await runOk(process.execPath, [SCRIPT, source, '--published', '2026-11-20', '--out', out, ...args]);
  return readFile(out, 'utf8');
}

test('a snapshot has only the prices of Bedrock models, as decimals per million tokens', async () => {
  const text = await snapshotOf('prices.json', JSON.stringify(MODELS), '--version', '9.9.9');

  expect(JSON.parse(text)).toMatchObject({ source: 'LiteLLM 9.9.9', published: '2026-11-20' });
  expect((JSON.parse(text) as { prices: unknown }).prices).toEqual(PRICES);
});

test('a snapshot of a wheel has the version and the licence of the wheel', async () => {
  const wheel = wheelOf({
    'litellm/other.py': 'x',
    [PRICE_FILE]: JSON.stringify(MODELS),
    'litellm-9.9.8.dist-info/METADATA': 'Metadata-Version: 2.4\nName: litellm\nVersion: 9.9.8\n',
    'litellm-9.9.8.dist-info/licenses/LICENSE': 'MIT License\n\nCopyright (c) 2023 Berri AI\n',
  });
  const snapshot: unknown = JSON.parse(await snapshotOf('litellm.whl', wheel));

  expect(snapshot).toEqual({
    source: 'LiteLLM 9.9.8',
    file: PRICE_FILE,
    published: '2026-11-20',
    licence: ['MIT License', '', 'Copyright (c) 2023 Berri AI'],
    prices: PRICES,
  });
});

test.each([
  ['no file', [], 'the first argument must be a wheel or a price file'],
  ['no day', ['x.json'], '--published must be a day such as 2026-11-20, got: nothing'],
  [
    'another day',
    ['x.json', '--published', 'today'],
    '--published must be a day such as 2026-11-20, got: today',
  ],
])('a snapshot with %s is refused', async (_name, args, message) => {
  const { code, stderr } = await run(process.execPath, [SCRIPT, ...args]);

  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('the kept snapshot has a source, a day, a licence and a line for each price', async () => {
  const text = await readFile(path.join(REPOSITORY, 'scripts/prices/litellm.json'), 'utf8');
  const { prices, ...about } = JSON.parse(text) as { prices: Record<string, object> };

  expect(about).toMatchObject({
    source: expect.stringMatching(/^LiteLLM \d+\.\d+\.\d+$/) as string,
    published: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string,
    licence: expect.arrayContaining(['MIT License', 'Copyright (c) 2023 Berri AI']) as string[],
  });
  expect(text.split('\n').filter(line => line.startsWith('    "') && line.includes('": {'))).toHaveLength(
    Object.keys(prices).length,
  );
});
