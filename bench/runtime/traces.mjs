// Measures the rate and the CPU time of writing traces. For comparison, the same run also measures awaited
// PutItem calls to the same local server.
import path from 'node:path';
import {
  bundle,
  folder,
  inFreshProcess,
  interleaved,
  median,
  root,
  rounded,
  startServer,
} from './support.mjs';

const WAYS = ['ours', 'putItemAwaited', 'batchesAwaited'];

export async function traces(rounds) {
  const { outfile } = await bundle('bench/runtime/traces.child.ts', 'traces.js', {
    alias: { 'cdk-token-analytics/runtime': path.join(root, 'lambda/index.ts') },
    outfile: path.join(folder, 'traces.js'),
  });
  const server = await startServer(path.join(root, 'bench/runtime/table.child.mjs'));
  const results = await interleaved(WAYS, rounds, way => inFreshProcess(outfile, [way, server.message]));
  server.stop();
  const of = (way, figure) => median(results[way].map(result => result[figure]));
  return {
    ways: Object.fromEntries(
      WAYS.map(way => [
        way,
        { perSecond: Math.round(of(way, 'perSecond')), cpuMicros: rounded(of(way, 'cpuMicros'), 1) },
      ]),
    ),
    rateOverAwaitedPutItem: rounded(of('ours', 'perSecond') / of('putItemAwaited', 'perSecond'), 1),
    itemBytes: of('ours', 'itemBytes'),
  };
}
