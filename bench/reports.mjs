// Measures the time and memory of reports, and prints the result as JSON. Usage:
// `node bench/reports.mjs [traces]`, after `npm run build`.
//
// The benchmark fills a table with traces of one month, and rolls up each day with the built handler. Then it
// creates each report with the built library in a fresh process. Standard error shows the progress.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngine, TABLE } from './reports/engine.mjs';
import { DAYS_OF_MONTH } from './reports/month.mjs';
import { bundle, inFreshProcess, median, root, rounded } from './runtime/support.mjs';

const ROUNDS = 3;
const MEGABYTE = 2 ** 20;
const NOW = '2026-10-31T00:30:00.000Z';
const MONTH = { from: DAYS_OF_MONTH[0], to: DAYS_OF_MONTH.at(-1) };
/** Day without a rollup during the first reports. */
const UNROLLED_DAY = MONTH.to;
const LIBRARY = path.join(root, 'lib/reports/index.js');
const ROLLUP = path.join(root, 'assets/aws/roll-up-day.mjs');
const FORMATS = ['csv', 'jsonl', 'parquet'];
const child = name => path.join(root, 'bench/reports', `${name}.child.mjs`);
const traces = Number(process.argv[2] ?? 1_000_000);
if (!Number.isInteger(traces) || traces < 1000)
  throw new RangeError(`the number of traces must be a whole number from 1000, got: ${process.argv[2]}`);
for (const file of [LIBRARY, ROLLUP])
  if (!existsSync(file)) throw new Error(`${path.relative(root, file)} must be built first: npm run build`);

const engine = await startEngine();
const files = mkdtempSync(path.join(tmpdir(), 'bench-reports-'));
process.once('exit', () => {
  engine.stop();
  rmSync(files, { recursive: true, force: true });
});

console.error(`filling ${engine.name}`);
const filler = (await bundle('bench/reports/fill.child.mjs', 'reports-fill.mjs', { format: 'esm' })).outfile;
const { seconds: fillSeconds, sums } = await inFreshProcess(filler, [engine.endpoint, TABLE, String(traces)]);

/** Creates the rollups of `days` with the built handler, in a fresh process. */
async function rollUp(days) {
  console.error(`rolling up ${days.length} days`);
  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    TOKEN_ANALYTICS_TABLE: TABLE,
    TOKEN_ANALYTICS_TTL_DAYS: '0',
  };
  return inFreshProcess(child('rollup'), [ROLLUP, ...days], environment);
}

/** Runs a report several times. Returns the median time and the maximum memory. */
async function measured(method, parameters, { rounds = ROUNDS, file = '' } = {}) {
  console.error(`${method} ${JSON.stringify(parameters)}`);
  const runs = [];
  for (let round = 0; round < rounds; round += 1) {
    runs.push(
      await inFreshProcess(child('measure'), [
        LIBRARY,
        engine.endpoint,
        TABLE,
        NOW,
        method,
        JSON.stringify(parameters),
        file,
      ]),
    );
  }
  return {
    ...runs[0],
    seconds: rounded(median(runs.map(({ seconds }) => seconds))),
    peakMB: rounded(Math.max(...runs.map(({ peakMB }) => peakMB)), 0),
  };
}

const picoOf = all => Object.fromEntries(Object.entries(all).map(([name, { pico }]) => [name, pico]));
const same = (some, others) =>
  JSON.stringify(Object.entries(some).sort()) === JSON.stringify(Object.entries(others).sort());
const isMonth = ({ total, traces: count }) => total === sums.total.pico && count === traces;

/**
 * Returns the costs of the `count` most expensive incidents in pico-dollars, highest first. Ids are not
 * compared, because several incidents may have the same cost.
 */
const highestCosts = count =>
  Object.values(sums.incidents)
    .map(({ pico }) => BigInt(pico))
    .sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
    .slice(0, count)
    .map(String);

/**
 * Returns the figures to print for a report. `target` contains limits, e.g. `{ seconds: 2 }`. `met` is true
 * if no figure is above its limit.
 */
function result({ seconds, peakMB, reads }, target, totalsEqual) {
  const met = target && Object.entries(target).every(([name, limit]) => ({ seconds, peakMB })[name] <= limit);
  return {
    seconds,
    peakMB,
    ...(reads ? { reads } : {}),
    ...(target ? { target, met } : {}),
    ...(totalsEqual === undefined ? {} : { totalsEqual }),
  };
}

const rolledUp = await rollUp(DAYS_OF_MONTH.slice(0, -1));
const reports = {};

const notRolledUp = await measured('daily', [UNROLLED_DAY]);
const daySums = sums.days[UNROLLED_DAY];
reports.dayWithoutRollup = {
  traces: daySums.traces,
  ...result(
    notRolledUp,
    { seconds: 3 },
    notRolledUp.total === daySums.pico && notRolledUp.traces === daySums.traces,
  ),
};
const partly = await measured('daily', [MONTH]);
reports.monthWithoutRollup = result(
  partly,
  undefined,
  isMonth(partly) && same(partly.days, picoOf(sums.days)),
);

await rollUp([UNROLLED_DAY]);
const month = await measured('daily', [MONTH]);
reports.month = result(
  month,
  { seconds: 2, peakMB: 200 },
  isMonth(month) && same(month.days, picoOf(sums.days)),
);
const agents = await measured('agents', [MONTH]);
reports.agents = result(agents, undefined, isMonth(agents) && same(agents.agents, picoOf(sums.agents)));
const models = await measured('models', [MONTH]);
reports.models = result(models, undefined, isMonth(models) && same(models.models, picoOf(sums.models)));
const trends = await measured('trends', [MONTH, 'hour']);
reports.hourlyTrends = result(trends, undefined, isMonth(trends));
const forecast = await measured('forecast', [DAYS_OF_MONTH.length, DAYS_OF_MONTH.length]);
reports.forecast = { status: forecast.status, ...result(forecast) };
const [incident] = Object.keys(sums.incidents);
const calls = await measured('incident', [incident]);
reports.incident = {
  traces: sums.incidents[incident].traces,
  ...result(calls, undefined, calls.total === sums.incidents[incident].pico),
};
const top = await measured('top', [MONTH, 'incident', 10], { rounds: 1 });
reports.topIncidents = {
  incidents: Object.keys(sums.incidents).length,
  ...result(top, undefined, isMonth(top) && same(Object.values(top.entries), highestCosts(10))),
};

for (const format of FORMATS) {
  const file = path.join(files, `calls.${format}`);
  const written = await measured('export', [MONTH, format], { rounds: 1, file });
  const inFile = await inFreshProcess(child('exported'), [format, file]);
  reports[`export_${format}`] = {
    fileMB: rounded(statSync(file).size / MEGABYTE, 0),
    ...result(written, { peakMB: 250 }, inFile.traces === traces && inFile.pico === sums.total.pico),
  };
  rmSync(file);
}

const all = Object.values(reports);
const totalsEqual = all.every(each => each.totalsEqual !== false);
console.log(
  JSON.stringify(
    {
      node: process.version,
      engine: {
        name: engine.name,
        isFake: engine.isFake,
        peakMB: rounded(engine.memoryMB() ?? 0, 0),
        fillSeconds: rounded(fillSeconds, 0),
      },
      traces,
      days: DAYS_OF_MONTH.length,
      agents: Object.keys(sums.agents).length,
      models: Object.keys(sums.models).length,
      incidents: Object.keys(sums.incidents).length,
      rollup: { traces: rolledUp.traces, days: DAYS_OF_MONTH.length - 1, seconds: rounded(rolledUp.seconds) },
      picoUsd: sums.total.pico,
      reports,
      totalsEqual,
      targetsMet: all.every(({ met }) => met !== false),
    },
    null,
    2,
  ),
);
engine.stop();
process.exitCode = totalsEqual ? 0 : 1;
