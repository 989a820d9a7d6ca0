// Builds what runs: `node scripts/build.mjs <runtime|assets|cli|demo> [--quiet]`. The jsii half is built by jsii.
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { notices } from './notices.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  // Class and function names reach users in errors and log lines.
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  // The SDK's module entry tree-shakes: 384 KB instead of 617 KB.
  mainFields: ['module', 'main'],
  metafile: true,
};

/** Names an import as a file beside the bundle, so that it is loaded only when it is used. */
const beside = (module, file) => ({
  name: `beside:${module}`,
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^${module}$`) }, () => ({ path: file, external: true }));
  },
});

/** An engine that keeps its tables in memory never opens a file: what would need a native module is left out. */
const withoutFileStore = {
  name: 'without-file-store',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^classic-level$/ }, ({ path: name }) => ({ path: name, namespace: 'left-out' }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'export class ClassicLevel {}' }));
  },
};

/** The engine names its modules without their ending, which a bundler cannot match to files. */
const withModuleEndings = {
  name: 'with-module-endings',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]dynalite[\\/](index|validations[\\/]index)\.js$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replaceAll(/require\(('\.[^']*' \+ \w+)\)/g, "require($1 + '.js')"),
    }));
  },
};

/** What of the runtime speaks to AWS, with the SDK in it: each a file of its own that is loaded at its first use and not at import. */
const LATE = ['metric-data', 'profile-lookup', 'replay', 'trace-table'];

/** Names them as files of the assets, where they share the SDK with the handlers. */
const loadedLate = {
  name: 'loaded-late',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/aws\/[a-z-]+$/ }, ({ kind, path: name }) => kind === 'dynamic-import' ? { path: `../../assets/aws/${path.basename(name)}.mjs`, external: true } : undefined);
  },
};

async function buildRuntime() {
  await rm(at('lib/runtime'), { recursive: true, force: true });
  const outputs = [];
  for (const [format, extension] of [['cjs', 'js'], ['esm', 'mjs']]) {
    outputs.push(await build({
      ...common,
      format,
      entryPoints: [at('lambda/index.ts')],
      outfile: at('lib/runtime', `index.${extension}`),
      plugins: [loadedLate],
    }));
  }
  // The types themselves are written by tsc, in a folder of their own; these two are what the doors name.
  await writeFile(at('lib/runtime/index.d.ts'), "export * from './types/lambda/index';\n");
  await writeFile(at('lib/runtime/index.d.mts'), "export * from './types/lambda/index.js';\n");
  await writeFile(at('lib/runtime/THIRD-PARTY-NOTICES.txt'), notices(root, outputs, ['@pydantic/genai-prices']));
  return outputs;
}

/** The handlers that the constructs ship: `lambda/handlers/<name>.ts` is built into `assets/aws/<name>.mjs`. */
const HANDLERS = ['budget-alert', 'seal-day', 'ingest-events', 'ingest-failures', 'ingest-logs', 'invocation-logging'];

async function buildAssets() {
  await rm(at('assets'), { recursive: true, force: true });
  // One folder for all that speaks to AWS, so that what they have in common, the SDK above all, is there once. CommonJS loads
  // ES modules with import(), too.
  const outputs = [await build({
    ...common,
    format: 'esm',
    splitting: true,
    entryPoints: [...HANDLERS.map(name => at('lambda/handlers', `${name}.ts`)), ...LATE.map(name => at('lambda/aws', `${name}.ts`))],
    entryNames: '[name]',
    outdir: at('assets/aws'),
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared-[hash]',
    // Some of what is bundled is CommonJS, and requires modules of Node.
    banner: { js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);" },
  })];
  await writeFile(at('assets/THIRD-PARTY-NOTICES.txt'), notices(root, outputs));
  return outputs;
}

/**
 * The command, with the chart library as a file of its own and the quick start's agent beside it.
 *
 * @param outdir where it goes
 * @param constructs what `cdk-token-analytics` is for the quick start: the compiled library, or its source, which a
 *   fresh clone has before jsii has run
 */
async function buildCommand(outdir, constructs) {
  return [
    await build({
      ...common,
      format: 'cjs',
      entryPoints: { index: at('cli/index.ts') },
      outdir,
      // Some of what is bundled asks where it stands in the way of ES modules.
      define: { 'import.meta.url': 'bundleUrl' },
      banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
      external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
      plugins: [
        beside('echarts', './charts.js'),
        withoutFileStore,
        withModuleEndings,
        { name: 'constructs', setup: ({ onResolve }) => onResolve({ filter: /^cdk-token-analytics$/ }, () => constructs) },
      ],
      alias: { 'cdk-token-analytics/runtime': at('lambda/index.ts') },
    }),
    await build({
      ...common,
      format: 'cjs',
      stdin: { contents: "export * from 'echarts';", resolveDir: root },
      outfile: path.join(outdir, 'charts.js'),
    }),
    await build({
      ...common,
      format: 'cjs',
      entryPoints: { 'quick-start-agent/index': at('examples/quick-start/agent.ts'), 'agent-process': at('local/demo/agent-process.ts') },
      outdir,
      alias: { 'cdk-token-analytics/runtime': at('lambda/index.ts') },
    }),
  ];
}

const targets = {
  runtime: buildRuntime,
  assets: buildAssets,
  cli: () => buildCommand(at('lib/cli'), { path: '../index.js', external: true }),
  demo: async () => [
    ...await buildAssets(),
    ...await buildCommand(at('build/cli'), { path: at('src/index.ts') }),
  ],
};

const [name, ...flags] = process.argv.slice(2);
const target = targets[name];
if (!target) {
  console.error(`build: the target must be one of ${Object.keys(targets).join(', ')}, got: ${name}`);
  process.exit(2);
}
if (name === 'cli') await rm(at('lib/cli'), { recursive: true, force: true });
const outputs = await target();
if (!flags.includes('--quiet')) {
  for (const { metafile } of outputs) {
    for (const file of Object.keys(metafile.outputs)) {
      const { size } = await stat(at(file));
      console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`);
    }
  }
}
