// Writes docs/coverage.md, which shows the results of the conformance tests. Usage:
// `node scripts/coverage.mjs [--check]`. With --check, writes nothing and exits with 1 if the page is
// outdated.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { coveragePage } from './coverage-page.mjs';
import { readSnapshot } from './prices/litellm-snapshot.mjs';
import { loadPrices } from './prices/load-prices.mjs';
import { singleSourceRows } from './prices/single-source.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const conformance = path.join(root, 'test/conformance');
const page = path.join(root, 'docs/coverage.md');

const wanted = coveragePage({
  ...(await loadTable()),
  recordings: readRecordings(),
  singleSourcePrices: singleSourceRows(await readSnapshot(), await loadPrices()),
});
if (!process.argv.includes('--check')) {
  writeFileSync(page, wanted);
} else if (readFileSync(page, 'utf8') !== wanted) {
  console.error('coverage: docs/coverage.md must match the table: run `npm run docs:coverage`');
  process.exit(1);
}

async function loadTable() {
  const modules = [
    ...['cells', 'dimensions', 'measured', 'recordings', 'sources'].map(name => `./${name}`),
    path.join(root, 'lambda/usage/model-calls'),
    path.join(root, 'lambda/pricing/list-prices/unit-prices'),
  ];
  const { outputFiles } = await build({
    stdin: {
      contents: modules.map(file => `export * from ${JSON.stringify(file)};`).join('\n'),
      resolveDir: path.join(conformance, 'matrix'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

function readRecordings() {
  const folder = path.join(conformance, 'payloads');
  return readdirSync(folder)
    .sort()
    .map(file => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
}
