// Measures the time to synthesise `TokenAnalytics`. For comparison, measures the same resources written by
// hand. Prints the result as JSON. Usage: `npm run bench:synth [-- runs]`, after `npm run build`.
//
// Each run synthesises in a fresh process. The time to load modules does not count. Each figure is the median
// of all runs.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = Number(process.argv[2] ?? 15);
const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'synth', 'app.child.cjs');
const CASES = ['byHand', 'whole', 'wholeWithoutCheck'];

const samples = Object.fromEntries(CASES.map(name => [name, []]));
let resources;
for (let run = 0; run < runs; run += 1) {
  for (const name of CASES) {
    const output = execFileSync(process.execPath, [child, name], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        CDK_VALIDATION: 'false',
        NODE_NO_WARNINGS: '1',
        JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
      },
    });
    const { ms, types } = JSON.parse(output);
    samples[name].push(ms);
    if (name === 'whole') resources = types;
    else if (JSON.stringify(types) !== JSON.stringify(resources ?? types))
      throw new Error(
        `${name} must have the resources ${JSON.stringify(resources)}, got: ${JSON.stringify(types)}`,
      );
  }
}
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const medians = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => [name, Number(median(values).toFixed(1))]),
);
console.log(
  JSON.stringify(
    {
      unit: 'ms of one synth',
      node: process.version,
      runs,
      resources,
      medians,
      wholeOverByHand: Number((medians.whole / medians.byHand).toFixed(2)),
      wholeWithoutCheckOverByHand: Number((medians.wholeWithoutCheck / medians.byHand).toFixed(2)),
    },
    null,
    2,
  ),
);
