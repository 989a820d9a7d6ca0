// Reads and formats the snapshot of LiteLLM's price list. The snapshot is kept in the repository.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const SNAPSHOT_FILE = fileURLToPath(new URL('litellm.json', import.meta.url));

export async function readSnapshot(file = SNAPSHOT_FILE) {
  return JSON.parse(await readFile(file, 'utf8'));
}

/**
 * Returns the text of a snapshot. Each price is on its own line, so that a changed price is one changed line
 * in a diff.
 */
export function snapshotText({ prices, ...about }) {
  const head = JSON.stringify(about, null, 2).slice(0, -2);
  const lines = Object.entries(prices).map(
    ([key, row]) => `    ${JSON.stringify(key)}: ${JSON.stringify(row)}`,
  );
  return `${head},\n  "prices": {\n${lines.join(',\n')}\n  }\n}\n`;
}
