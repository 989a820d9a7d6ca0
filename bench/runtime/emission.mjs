// Measures the CPU time to record a call, and the bytes that one call adds to the log. For comparison, the
// same run also measures Powertools and JSON.stringify.
import { bundle, inFreshProcess, interleaved, median, root, rounded } from './support.mjs';
import path from 'node:path';

const WAYS = ['ours', 'oursWithTrace', 'powertoolsPublishEach', 'powertoolsPublish99', 'jsonStringifyEach'];

export async function emission(rounds) {
  const { outfile } = await bundle('bench/runtime/emission.child.ts', 'emission.js', {
    alias: { 'cdk-token-analytics/runtime': path.join(root, 'lambda/index.ts') },
    plugins: [acceptingTable],
  });
  const results = await interleaved(WAYS, rounds, way =>
    inFreshProcess(outfile, [way], { AWS_LAMBDA_FUNCTION_NAME: 'Bench' }),
  );
  const of = (way, figure) => median(results[way].map(result => result[figure]));
  const ways = Object.fromEntries(
    WAYS.map(way => [
      way,
      {
        cpuMicros: rounded(of(way, 'cpu')),
        ownPathMicros: rounded(of(way, 'ownPath')),
        firstHundredCpuMicros: rounded(of(way, 'firstRun')),
        startCpuMillis: rounded(of(way, 'start') / 1000),
        bytes: rounded(median(results[way].map(({ bytes, records }) => bytes / records)), 1),
      },
    ]),
  );
  const { powertoolsPublishEach: unit } = ways;
  const inUnits = figure =>
    Object.fromEntries(WAYS.map(way => [way, rounded(ways[way][figure] / unit[figure])]));
  return {
    unit: 'a call with five metrics, in handler runs of 100 calls',
    ways,
    overOnePowertoolsPublish: {
      firstHundred: inUnits('firstHundredCpuMicros'),
      steady: inUnits('cpuMicros'),
      ownPath: rounded(ways.oursWithTrace.ownPathMicros / unit.cpuMicros, 3),
    },
  };
}

/** esbuild plugin that replaces the connection to DynamoDB with a table that accepts each batch. */
const acceptingTable = {
  name: 'accepting-table',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/trace-table\.aws$/ }, () => ({
      path: path.join(root, 'bench/runtime/accepting-table.ts'),
    })),
};
