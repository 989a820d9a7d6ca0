// Draws the module diagram in docs/architecture.md from the imports of the sources. Usage:
// `node scripts/architecture.mjs`. The text outside the markers `BEGIN` and `END` is not changed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = path.join(ROOT, 'docs/architecture.md');
const BEGIN = '<!-- picture: written by npm run docs:architecture -->';
const END = '<!-- end of the picture -->';

/** Source folders in the diagram, from top to bottom, each with its title. */
const TREES = {
  cli: 'cli: the command',
  local: 'local: demo, page, emulators',
  reports: 'reports: UsageReports',
  lambda: 'lambda: the runtime and the handlers',
  src: 'src: the constructs',
};
/**
 * Source files that have their own box in the diagram, each with the label of its box. All other files share
 * the box of their folder.
 */
const FILES = {
  'src/token-analytics.ts': 'token-analytics',
  'src/contract.ts': 'contract',
  'reports/usage-reports.ts': 'usage-reports',
  'reports/results.ts': 'results',
};

const sources = Object.keys(TREES).flatMap(tree =>
  readdirSync(path.join(ROOT, tree), { recursive: true, encoding: 'utf8' })
    .filter(file => /\.ts$/.test(file) && !/\.d\.c?ts$/.test(file))
    .map(file => `${tree}/${file.split(path.sep).join('/')}`),
);

/**
 * Returns the box of a file in the diagram, e.g. `lambda/pricing`. Returns undefined if the file has no box.
 */
function boxOf(file) {
  if (file in FILES) return `${file.split('/')[0]}/${FILES[file]}`;
  const [tree, folder, ...rest] = file.split('/');
  return rest.length > 0 ? `${tree}/${folder}` : undefined;
}

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(path.join(ROOT, file), 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter(name => name.startsWith('.'))
    .map(name => path.posix.join(path.posix.dirname(file), name))
    .map(name => [name, `${name}.ts`, `${name}/index.ts`].find(each => sources.includes(each)))
    .filter(name => name !== undefined);
}

const imports = new Map(sources.map(file => [file, importsOf(file)]));

/**
 * Returns the boxes that a file imports. If an imported file has no box, the imports of the imported file are
 * used.
 */
function boxesBelow(file, seen = new Set([file])) {
  return imports.get(file).flatMap(target => {
    const box = boxOf(target);
    if (box !== undefined) return [box];
    if (seen.has(target)) return [];
    seen.add(target);
    return boxesBelow(target, seen);
  });
}

const below = new Map();
for (const file of sources) {
  const box = boxOf(file);
  if (box === undefined) continue;
  const targets = below.get(box) ?? below.set(box, new Set()).get(box);
  for (const target of boxesBelow(file)) if (target !== box) targets.add(target);
}

/**
 * Returns true if there is a path of imports from one box to another through a third box. The diagram then
 * needs no direct arrow.
 */
function isReachedIndirectly(from, to) {
  const seen = new Set();
  const visit = box =>
    [...(below.get(box) ?? [])].some(next => {
      if (box === from && next === to) return false;
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return visit(next);
    });
  return visit(from);
}

const id = box => box.replace(/\W/g, '_');
const treeOf = box => box.split('/')[0];
const arrows = [...below].flatMap(([from, targets]) =>
  [...targets].filter(to => !isReachedIndirectly(from, to)).map(to => [from, to]),
);
const boxes = tree => [...below.keys()].filter(box => treeOf(box) === tree).sort();

const picture = [
  '```mermaid',
  'flowchart TB',
  ...Object.entries(TREES).flatMap(([tree, title]) => [
    `  subgraph ${tree}["${title}"]`,
    ...boxes(tree).map(box => `    ${id(box)}["${box.slice(tree.length + 1)}"]`),
    '  end',
  ]),
  ...arrows.map(([from, to]) => `  ${id(from)} --> ${id(to)}`).sort(),
  '```',
].join('\n');

if (!existsSync(PAGE)) throw new Error(`${PAGE} must exist`);
const page = readFileSync(PAGE, 'utf8');
const [before, rest] = page.split(BEGIN);
const [, after] = (rest ?? '').split(END);
if (after === undefined) throw new Error(`docs/architecture.md must have the markers ${BEGIN} and ${END}`);
writeFileSync(PAGE, `${before}${BEGIN}\n\n${picture}\n\n${END}${after}`);
