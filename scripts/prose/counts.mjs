import { SOURCE_TREES, treeOf } from './sources.mjs';

const TREES = [...SOURCE_TREES, 'docs'];

/**
 * Renders the numbers of findings as a table, with a row for each rule and a column for each folder. The rule
 * with the most findings comes first.
 */
export function countTable(findings) {
  const rows = new Map();
  for (const { file, rule, label } of findings) {
    const name = label ? `${rule}: ${label}` : rule;
    if (!rows.has(name)) rows.set(name, new Map());
    const row = rows.get(name);
    row.set(treeOf(file), (row.get(treeOf(file)) ?? 0) + 1);
  }
  const sum = row => [...row.values()].reduce((total, count) => total + count, 0);
  const line = cells => `| ${cells.join(' | ')} |`;
  return [
    line(['rule', ...TREES, 'all']),
    line(['---', ...TREES.map(() => '---:'), '---:']),
    ...[...rows]
      .sort(([, a], [, b]) => sum(b) - sum(a))
      .map(([name, row]) => line([name, ...TREES.map(tree => row.get(tree) ?? ''), sum(row)])),
  ].join('\n');
}
