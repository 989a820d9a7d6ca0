// Measures the overhead of the runtime, and prints the result as JSON.
//
// Usage: `npm run bench:runtime [-- rounds [part …]]`, after `npm run build`. Each round runs in fresh
// processes, and each figure is the median of all rounds.
//
// For comparison, each round also measures other libraries, e.g. Powertools. Compare only the ratios, because
// other programs on the machine can change all figures.
import { emission } from './runtime/emission.mjs';
import { imports } from './runtime/imports.mjs';
import { latency } from './runtime/latency.mjs';
import { traces } from './runtime/traces.mjs';

const [rounds = '5', ...names] = process.argv.slice(2);
const PARTS = { emission, imports, traces, latency };

const report = { node: process.version, rounds: Number(rounds) };
for (const [name, part] of Object.entries(PARTS))
  if (names.length === 0 || names.includes(name)) report[name] = await part(Number(rounds));
console.log(JSON.stringify(report, null, 2));
