// Measures the overhead of the runtime. Prints one JSON document for each part as soon as it is measured.
//
// Usage: `npm run bench:runtime [-- rounds [part …]]`, after `npm run build`. All parts take less than three
// minutes on an idle machine with two cores. Each round runs in fresh processes, and each figure is the median
// of all rounds.
//
// For comparison, each round also measures other libraries, e.g. Powertools. Compare only the ratios, because
// other programs on the machine can change all figures.
import { emission } from './runtime/emission.mjs';
import { imports } from './runtime/imports.mjs';
import { latency } from './runtime/latency.mjs';
import { traces } from './runtime/traces.mjs';

const [rounds = '5', ...names] = process.argv.slice(2);
const PARTS = { emission, imports, traces, latency };

for (const [part, measure] of Object.entries(PARTS)) {
  if (names.length > 0 && !names.includes(part)) continue;
  const start = performance.now();
  const figures = await measure(Number(rounds));
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(
    JSON.stringify({ part, node: process.version, rounds: Number(rounds), seconds, ...figures }, null, 2),
  );
}
