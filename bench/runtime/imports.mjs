// Measures the size of the runtime and the time to load it. For comparison, also loads an empty module, and a
// function with only the Bedrock client.
import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { bundle, folder, inFreshProcess, interleaved, median, root, rounded } from './support.mjs';

const CLIENT =
  "import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'; const " +
  'client = new BedrockRuntimeClient({});';
const RUNTIME =
  "import { TokenTracker } from 'cdk-token-analytics/runtime'; const tracker = " +
  'TokenTracker.fromEnvironment();';
const FUNCTIONS = {
  empty: 'export const handler = async () => 1;',
  bedrockClient: `${CLIENT} export const handler = () => client.send(new ConverseCommand({}));`,
  bedrockClientAndRuntime:
    `${CLIENT} ${RUNTIME} tracker.instrument(client); export const handler = tracker.handler(() => ` +
    'client.send(new ConverseCommand({})));',
};
/** Function without a client of its own, to measure the size of the runtime in a bundle. */
const INSTRUMENT_AND_HANDLER = `${RUNTIME} export const instrument = client => tracker.instrument(client); export const handler = tracker.handler(() => 1);`;

export async function imports(rounds) {
  // Bundles the functions as ES modules. With `splitting`, modules that `import()` loads are separate files.
  const files = {};
  for (const [name, contents] of Object.entries(FUNCTIONS)) {
    await bundle({ contents }, `${name}.mjs`, {
      format: 'esm',
      minify: true,
      splitting: true,
      outfile: undefined,
      outdir: path.join(folder, name),
      outExtension: { '.js': '.mjs' },
    });
    files[name] = path.join(folder, name, 'stdin.mjs');
  }
  files.runtimeInstalled = path.join(root, 'lib/runtime/index.mjs');
  const timed = path.join(folder, 'timed.mjs');
  writeFileSync(
    timed,
    // `performance.now()` counts from the start of the process.
    'const start = performance.now(); await import(process.argv[2]); const end = performance.now(); ' +
      'process.send({ ms: end - start, processMs: end }, () => process.exit(0));',
  );
  const results = await interleaved(Object.keys(files), rounds * 3, name =>
    inFreshProcess(timed, [files[name]], { AWS_LAMBDA_FUNCTION_NAME: 'Bench' }),
  );
  const ms = name => median(results[name].map(result => result.ms));
  const processMs = name => median(results[name].map(result => result.processMs));
  const { bytes } = await bundle({ contents: INSTRUMENT_AND_HANDLER }, 'instrument-and-handler.mjs', {
    format: 'esm',
    minify: true,
    external: ['../../assets/*'],
    alias: { 'cdk-token-analytics/runtime': files.runtimeInstalled },
  });
  return {
    unit: 'ms of a fresh process',
    medians: Object.fromEntries(Object.keys(files).map(name => [name, rounded(ms(name))])),
    runtimeOverEmpty: rounded(ms('runtimeInstalled') - ms('empty')),
    runtimeOverBedrockClient: rounded(ms('bedrockClientAndRuntime') - ms('bedrockClient')),
    runtimeOverEmptyProcess: rounded(processMs('runtimeInstalled') / processMs('empty')),
    instrumentAndHandlerKB: rounded(bytes / 1024, 1),
    minifiedKB: rounded((await stat(files.runtimeInstalled)).size / 1024, 1),
  };
}
