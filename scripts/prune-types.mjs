// Takes the types away that no door reaches: those of the AWS
// clients, above all, would ask for packages that nobody installed.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryPoints } from './entry-points.mjs';

const types = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'lib', 'types');
const { ENTRY_POINTS } = await entryPoints();
const doors = Object.values(ENTRY_POINTS).map(file => path.join(types, file.replace(/\.ts$/, '.d.ts')));

const reached = new Set();
const left = [...doors];
for (let file = left.pop(); file !== undefined; file = left.pop()) {
  if (reached.has(file)) continue;
  reached.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, name] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
    left.push(path.join(path.dirname(file), `${name}.d.ts`));
}
const all = await readdir(types, { recursive: true, withFileTypes: true });
for (const entry of all) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !reached.has(file)) await rm(file);
}
