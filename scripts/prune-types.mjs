// Deletes type declarations that no entry point uses. Those of the AWS clients would require packages that
// users have not installed.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryPoints } from './entry-points.mjs';

const types = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'types');
const { ENTRY_POINTS } = await entryPoints();
const entryFiles = Object.values(ENTRY_POINTS).map(file => path.join(types, file.replace(/\.ts$/, '.d.ts')));

const reached = new Set();
const unread = [...entryFiles];
for (let file = unread.pop(); file !== undefined; file = unread.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, name] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
    unread.push(path.join(path.dirname(file), `${name}.d.ts`));
}
const all = await readdir(types, { recursive: true, withFileTypes: true });
for (const entry of all) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !reached.has(file)) await rm(file);
}
