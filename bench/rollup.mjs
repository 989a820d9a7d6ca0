// Measures the rollup of one day, and prints the result as JSON. Usage: `node bench/rollup.mjs [traces]`,
// after `npm run build:assets`.
//
// The table is a local server that generates traces, answers Query requests with pages of 1 MB, and stores
// written items. A DynamoDB emulator would need too much time to store a million items.
//
// The server and the handler run in two processes on the same machine. `seconds` is therefore an upper bound.
// `cpuSeconds` is the CPU time of the handler only.
import { fork } from 'node:child_process';
import path from 'node:path';
import { bundle, inFreshProcess, median, root, rounded } from './runtime/support.mjs';

const MEMORY_MB = 512;
/**
 * Heap limit of the handler in MB. In Lambda, the limit would be about 460 MB, so this benchmark is stricter.
 */
const HEAP_MB = 384;
/**
 * Number of processors of the function: about 0.29. Lambda provides one processor for each 1,769 MB of memory
 * (Lambda Developer Guide, "Configure Lambda function memory").
 */
const PROCESSORS = MEMORY_MB / 1769;
const DAY = '2026-11-20';
/**
 * Simulated latency of a Query page in milliseconds, e.g. from a table in the same region. Used only by
 * `compareReads`.
 */
const PAGE_MS = 20;
const COMPARED_TRACES = 100_000;
const ROUNDS = 3;

const traces = Number(process.argv[2] ?? 1_000_000);
const child = async name =>
  (
    await bundle(`bench/rollup/${name}.child.mjs`, `rollup-${name}.mjs`, {
      format: 'esm',
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    })
  ).outfile;
const [tableScript, sumsScript, readScript] = [
  await child('table'),
  await child('sums'),
  await child('read'),
];

/** Starts the table in a separate process. `written` returns the items that were written to the table. */
async function startTable(count, pageMs) {
  const server = fork(tableScript, [count, DAY, pageMs].map(String), { execArgv: [] });
  const nextMessage = () => new Promise(resolve => server.once('message', resolve));
  const { endpoint } = await nextMessage();
  return {
    endpoint,
    written: () => {
      server.send('written');
      return nextMessage();
    },
    stop: () => server.kill(),
  };
}

/** Runs the built handler with the heap limit of a Lambda function that has {@link MEMORY_MB} of memory. */
function rollUp(endpoint) {
  const running = fork(
    path.join(root, 'bench/rollup/run.child.mjs'),
    [path.join(root, 'assets/aws/roll-up-day.mjs'), DAY],
    {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: 'us-east-1',
        NODE_NO_WARNINGS: '1',
        AWS_ENDPOINT_URL_DYNAMODB: endpoint,
        TOKEN_ANALYTICS_TABLE: 'Traces',
        TOKEN_ANALYTICS_TTL_DAYS: '0',
      },
    },
  );
  let log = '';
  let figures;
  running.stdout.on('data', chunk => (log += chunk));
  running.on('message', message => (figures = message));
  return new Promise((resolve, reject) =>
    running.once('close', code =>
      code === 0
        ? resolve({ ...figures, log: JSON.parse(log) })
        : reject(new Error(`the handler ended with ${code}: ${log}`)),
    ),
  );
}

async function compareReads() {
  const table = await startTable(COMPARED_TRACES, PAGE_MS);
  const seconds = { byHours: [], oneChain: [] };
  // Ignores the time of round 0, because the server generates the pages in this round. Later rounds reuse
  // them.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const way of Object.keys(seconds)) {
      const { seconds: taken } = await inFreshProcess(readScript, [
        table.endpoint,
        DAY,
        String(way === 'byHours'),
      ]);
      if (round > 0) seconds[way].push(taken);
    }
  }
  table.stop();
  return {
    traces: COMPARED_TRACES / 2,
    pageMs: PAGE_MS,
    byHoursSeconds: rounded(median(seconds.byHours)),
    oneChainSeconds: rounded(median(seconds.oneChain)),
  };
}

/** Returns the size in bytes of a value in a rollup item, as DynamoDB counts it. */
function bytesOf(value) {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace('.', '').length / 2) + 1;
  if (value.L) return 3 + value.L.reduce((sum, each) => sum + 1 + bytesOf(each), 0);
  if (value.M)
    return (
      3 + Object.entries(value.M).reduce((sum, [name, each]) => sum + 1 + name.length + bytesOf(each), 0)
    );
  return 1;
}

/** Converts a decimal number of US dollars to pico-dollars. */
function picoOf(usd) {
  const [whole, fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

const table = await startTable(traces, 0);
const { seconds, cpuSeconds, peakMB, log } = await rollUp(table.endpoint);
const { items: allItems, queries } = await table.written();
table.stop();
const items = allItems.filter(item => item.parts);
const bytes = items.map(item => bytesOf({ M: item }));
const sum = figure => items.reduce((total, item) => total + figure(item), 0);
const direct = await inFreshProcess(sumsScript, [String(traces), DAY]);
const totals = {
  traces: sum(item => Number(item.traces.N)),
  outputTokens: sum(item => Number(item.outputTokens.N)),
  pico: String(items.reduce((total, item) => total + picoOf(item.costUsd.N), 0n)),
};
const rows = items.flatMap(item => item.parts.L).map(({ M: { quarters } }) => quarters.S);

console.log(
  JSON.stringify(
    {
      node: process.version,
      engine:
        'generated pages of 1 MB from a loopback server, because no local DynamoDB stores a million ' +
        'items in reasonable time',
      traces,
      seconds: rounded(seconds),
      cpuSeconds: rounded(cpuSeconds),
      secondsAtLambdaShare: rounded(cpuSeconds / PROCESSORS, 0),
      peakMB: rounded(peakMB, 0),
      heapLimitMB: HEAP_MB,
      targets: { seconds: 300, peakMB: MEMORY_MB },
      items: items.length,
      bytesPerItem: { median: median(bytes), most: Math.max(...bytes) },
      bytesPerQuarterHour: rounded(rows.join('').length / rows.join(';').split(';').length, 1),
      queries,
      readUnits: log.readUnits,
      totalsEqual: Object.keys(totals).every(figure => totals[figure] === direct[figure]),
      reading: await compareReads(),
    },
    null,
    2,
  ),
);
