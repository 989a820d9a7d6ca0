// Measures the latency that instrumentation adds to a call. The measurement is repeated for a table that
// works, and for tables with faults such as throttling.
import path from 'node:path';
import { bundle, inFreshProcess, median, quantile, root, rounded, startServer } from './support.mjs';

const NOWHERE = 'http://127.0.0.1:9';
const WAYS = ['handler', 'server'];

/** Maximum number of rounds. Each round starts 21 processes, which take about 30 seconds together. */
const MAX_ROUNDS = 2;

export async function latency(rounds) {
  const alias = { 'cdk-token-analytics/runtime': path.join(root, 'lambda/index.ts') };
  const { outfile: servers } = await bundle('bench/emulators.ts', 'emulators.js');
  const { outfile } = await bundle('bench/runtime/latency.child.ts', 'latency.js', { alias });
  const server = await startServer(servers);
  const { bedrock, tables } = server.message;
  const faults = { ...tables, refused: NOWHERE };
  const growth = Object.fromEntries(
    Object.keys(faults).map(fault => [
      fault,
      Object.fromEntries(WAYS.map(way => [way, { median: [], p99: [] }])),
    ]),
  );
  const measure = async (way, table) => {
    const { latencies } = await inFreshProcess(outfile, [way, bedrock, table]);
    return { median: median(latencies), p99: quantile(latencies, 0.99) };
  };
  for (let round = 0; round < Math.min(rounds, MAX_ROUNDS); round += 1) {
    for (const [fault, table] of Object.entries(faults)) {
      // Measures calls without instrumentation for each fault, because the load of the machine varies.
      const plain = await measure('plain', table);
      for (const way of WAYS) {
        const instrumented = await measure(way, table);
        for (const figure of ['median', 'p99'])
          growth[fault][way][figure].push(instrumented[figure] - plain[figure]);
      }
    }
  }
  server.stop();
  return {
    unit: 'additional ms of an instrumented call',
    ...Object.fromEntries(
      Object.entries(growth).map(([fault, ways]) => [
        fault,
        Object.fromEntries(
          Object.entries(ways).map(([way, figures]) => [
            way,
            { median: rounded(median(figures.median)), p99: rounded(median(figures.p99)) },
          ]),
        ),
      ]),
    ),
  };
}
