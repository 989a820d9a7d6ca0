// Measures the CPU time to record a call, and the bytes that one call adds to the log. For comparison, the
// same run also measures Powertools and JSON.stringify.
import { bundle, inFreshProcess, interleaved, median, root, rounded } from './support.mjs';
import path from 'node:path';

const WAYS = ['ours', 'oursWithTrace', 'powertoolsPublishEach', 'powertoolsPublish99', 'jsonStringifyEach'];

export async function emission(rounds) {
  const { outfile } = await bundle('bench/runtime/emission.child.ts', 'emission.js', {
    alias: { 'cdk-token-analytics/runtime': path.join(root, 'lambda/index.ts') },
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
        bytes: rounded(median(results[way].map(({ bytes, records }) => bytes / records)), 1),
      },
    ]),
  );
  return {
    unit: 'a record of five metrics, in runs of 100',
    ways,
    cpuOverOnePowertoolsPublish: rounded(ways.oursWithTrace.cpuMicros / ways.powertoolsPublishEach.cpuMicros),
    ownPathOverOnePowertoolsPublish: rounded(
      ways.oursWithTrace.ownPathMicros / ways.powertoolsPublishEach.cpuMicros,
      3,
    ),
  };
}
