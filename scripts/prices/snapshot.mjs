// Writes scripts/prices/litellm.json, the part of LiteLLM's price list with Bedrock models.
// `npm run prices -- --check` compares the project's prices with this file. Usage:
//
// `node scripts/prices/snapshot.mjs <wheel or price file> --published <day> [--version <version>] [--out …]`
//
// The wheel is the Python package of LiteLLM, from `pip download --no-deps litellm`. The script reads the
// wheel without installing it. `--published` is the publication day of the version. With a price file,
// `--version` is required, because the file does not contain the version.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { litellmRows } from './litellm-rows.mjs';
import { SNAPSHOT_FILE, snapshotText } from './litellm-snapshot.mjs';
import { textInWheel } from './wheel.mjs';

const PRICE_FILE = 'litellm/model_prices_and_context_window_backup.json';

const {
  positionals: [source],
  values: { published, version: givenVersion, out = SNAPSHOT_FILE },
} = parseArgs({
  allowPositionals: true,
  options: { published: { type: 'string' }, version: { type: 'string' }, out: { type: 'string' } },
});
if (source === undefined) fail('the first argument must be a wheel or a price file of LiteLLM');
if (!/^\d{4}-\d{2}-\d{2}$/.test(published ?? '')) {
  fail(`--published must be a day such as 2026-11-20, got: ${published ?? 'nothing'}`);
}

const bytes = await readFile(source);
const isWheel = source.endsWith('.whl');
const prices = litellmRows(
  JSON.parse(isWheel ? textInWheel(bytes, new RegExp(`^${PRICE_FILE}$`)) : bytes.toString('utf8')),
);
const version = isWheel
  ? /^Version: (.+)$/m.exec(textInWheel(bytes, /^[^/]+\.dist-info\/METADATA$/))?.[1]
  : givenVersion;
if (version === undefined) fail('--version must be given with a price file, which does not contain it');
// LiteLLM's licence is in the wheel. For a price file, the licence in the existing litellm.json is kept.
const licence = isWheel
  ? textInWheel(bytes, /\.dist-info\/(?:licenses\/)?LICENSE$/)
      .trim()
      .split('\n')
  : JSON.parse(await readFile(SNAPSHOT_FILE, 'utf8')).licence;

await writeFile(
  out,
  snapshotText({ source: `LiteLLM ${version}`, file: PRICE_FILE, published, licence, prices }),
);
console.log(
  `prices: ${path.relative(process.cwd(), path.resolve(out))} has ${Object.keys(prices).length} rows of LiteLLM ${version}`,
);

function fail(message) {
  console.error(`prices: ${message}`);
  process.exit(2);
}
