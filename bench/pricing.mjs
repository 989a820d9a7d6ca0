// Measures the time to extract usage and calculate its price, in µs per call, and prints the result as JSON.
// Usage: `npm run bench:pricing [-- rounds]`, after `npm run build:runtime`. Each figure is the median of all
// rounds.
//
// For comparison, `calcPrice` of @pydantic/genai-prices prices the same calls. This package is also the
// source of the project's price catalog.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { calcPrice } from '@pydantic/genai-prices';
import { build } from 'esbuild';
import { CostCalculator, estimateTokens, extractUsage, parseModelId } from 'cdk-token-analytics/runtime';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const rounds = Number(process.argv[2] ?? 31);
const CALLS = 20_000;
const MODEL = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const AT = new Date('2026-11-01T00:00:00Z');

const converse = {
  output: { message: { role: 'assistant', content: [{ text: 'x' }] } },
  stopReason: 'end_turn',
  metrics: { latencyMs: 2818 },
  usage: {
    inputTokens: 3,
    outputTokens: 121,
    totalTokens: 2072,
    cacheReadInputTokens: 1712,
    cacheWriteInputTokens: 236,
    cacheDetails: [{ ttl: '5m', inputTokens: 236 }],
  },
};
const plain = { ...converse, usage: { inputTokens: 1003, outputTokens: 121, totalTokens: 1124 } };
const stream = Array.from({ length: 200 }, () => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'x' },
})).concat([
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 10 } },
  {
    'type': 'message_stop',
    'amazon-bedrock-invocationMetrics': { inputTokenCount: 4, outputTokenCount: 10 },
  },
]);
const usage = extractUsage({ operation: 'Converse', modelId: MODEL, response: converse });
const calculator = new CostCalculator();
const text = 'The model answered in two seconds. '.repeat(30);

const cases = {
  extractUsageConverse: () => extractUsage({ operation: 'Converse', modelId: MODEL, response: plain }),
  extractUsageConverseCached: () =>
    extractUsage({ operation: 'Converse', modelId: MODEL, response: converse }),
  extractUsageStreamOf202Chunks: () =>
    extractUsage({ operation: 'InvokeModelWithResponseStream', modelId: MODEL, response: stream }),
  calculate: () => calculator.calculate(usage, { modelId: MODEL, at: AT }),
  calculatePriority: () =>
    calculator.calculate(usage, { modelId: 'zai.glm-5', at: AT, serviceTier: 'priority' }),
  parseModelId: () => parseModelId(MODEL),
  estimateTokensOf1000Letters: () => estimateTokens(text),
  peerCalcPrice: () =>
    calcPrice(
      { input_tokens: 1951, cache_read_tokens: 1712, cache_write_tokens: 236, output_tokens: 121 },
      MODEL,
      { providerId: 'aws', timestamp: AT },
    ),
};

let kept;
const samples = Object.fromEntries(Object.keys(cases).map(name => [name, []]));
for (let round = -2; round < rounds; round += 1) {
  for (const [name, call] of Object.entries(cases)) {
    const calls =
      name.startsWith('peer') || name.includes('Stream') || name.includes('estimate') ? CALLS / 20 : CALLS;
    const start = process.hrtime.bigint();
    for (let index = 0; index < calls; index += 1) kept = call();
    // If the round is 0 or higher, its time counts. In rounds -2 and -1, the JavaScript engine compiles the
    // code.
    if (round >= 0) samples[name].push(Number(process.hrtime.bigint() - start) / 1000 / calls);
  }
}
if (kept === undefined) throw new Error('the cases must return a value, got undefined');

const median = values => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = value => Math.round(value * 1000) / 1000;
console.log(
  JSON.stringify(
    {
      node: process.version,
      rounds,
      microseconds: Object.fromEntries(
        Object.entries(samples).map(([name, values]) => [
          name,
          { median: rounded(median(values)), min: rounded(values[0]), max: rounded(values.at(-1)) },
        ]),
      ),
      prices: await measurePrices(),
    },
    null,
    2,
  ),
);

/** Measures the price data: the minified size, and the time to load the data in a fresh process. */
async function measurePrices() {
  const folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-bench-'));
  const outfile = path.join(folder, 'prices.js');
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    minify: true,
    platform: 'node',
    target: 'node20',
    outfile,
    metafile: true,
    logLevel: 'error',
    stdin: {
      contents: ['catalog', 'overrides', 'model-aliases', 'tier-factors']
        .map(name => `export * from './lambda/pricing/list-prices/${name}';`)
        .join(''),
      resolveDir: root,
    },
  });
  const script =
    `const start = process.hrtime.bigint(); require(${JSON.stringify(outfile)}); ` +
    'console.log(Number(process.hrtime.bigint() - start) / 1e6);';
  const times = Array.from({ length: 15 }, () =>
    Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })),
  );
  rmSync(folder, { recursive: true });
  return {
    minifiedKB: rounded(Object.values(metafile.outputs)[0].bytes / 1024),
    importMs: rounded(median(times)),
  };
}
