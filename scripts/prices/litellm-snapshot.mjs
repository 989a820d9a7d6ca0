// Reads and formats scripts/prices/litellm.json, the copy of LiteLLM's price list in this repository.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const SNAPSHOT_FILE = fileURLToPath(new URL('litellm.json', import.meta.url));

export async function readSnapshot(file = SNAPSHOT_FILE) {
  return JSON.parse(await readFile(file, 'utf8'));
}

/** Renders a copy of LiteLLM's price list as JSON. Each key has its own line, so that diffs are short. */
export function snapshotText({ prices, ...about }) {
  const head = JSON.stringify(about, null, 2).slice(0, -2);
  const lines = Object.entries(prices).map(
    ([key, row]) => `    ${JSON.stringify(key)}: ${JSON.stringify(row)}`,
  );
  return `${head},\n  "prices": {\n${lines.join(',\n')}\n  }\n}\n`;
}
