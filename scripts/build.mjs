// Builds the runtime, the Lambda assets or the command with esbuild. Usage:
// `node scripts/build.mjs <runtime|assets|cli|demo> [--quiet]`. The constructs are not built here, but by
// jsii.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { assetManifest, filesLoadedBy } from './asset-manifest.mjs';
import { entryPoints } from './entry-points.mjs';
import { notices } from './notices.mjs';
import { buildPage, builtCharts } from './page.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  // Lets esbuild shorten the names of classes and functions, because no code reads these names.
  keepNames: false,
  legalComments: 'none',
  logLevel: 'warning',
  // Prefers the ES module files of the AWS SDK, from which esbuild can remove unused code: 384 KB instead of
  // 617 KB.
  mainFields: ['module', 'main'],
  // Excludes the package `bowser` from the bundle. The AWS SDK uses it only in browsers.
  external: ['bowser'],
  metafile: true,
};

/**
 * esbuild plugin that replaces the native module classic-level by an empty class. The DynamoDB emulator needs
 * this module only to store tables in files. In the command, the emulator stores tables in memory.
 */
const withoutFileStore = {
  name: 'without-file-store',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^classic-level$/ }, ({ path: name }) => ({ path: name, namespace: 'omitted' }));
    onLoad({ filter: /.*/, namespace: 'omitted' }, () => ({ contents: 'export class ClassicLevel {}' }));
  },
};

/**
 * esbuild plugin for the DynamoDB emulator `dynalite`, which loads files with `require` and a computed name.
 * Adds `.js` to these names, because esbuild does not find the files otherwise.
 */
const withModuleEndings = {
  name: 'with-module-endings',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]dynalite[\\/](index|validations[\\/]index)\.js$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8')).replaceAll(
        /require\(('\.[^']*' \+ \w+)\)/g,
        "require($1 + '.js')",
      ),
    }));
  },
};

const { ENTRY_POINTS, ASSETS_FOLDER, ASSET_MANIFEST, REQUIRED_FOLDER, HANDLERS, LATE_MODULES } =
  await entryPoints();
const ASSET_NOTICES = 'assets/THIRD-PARTY-NOTICES.txt';

/**
 * esbuild option that protects bundled code from fake timers in users' tests. The bundle saves the timer
 * functions when it is loaded.
 */
const REAL_TIMERS = { inject: [at('lambda/process/real-timers.ts')] };

/**
 * esbuild options for the two module formats. The CommonJS output calls `require` instead of `import()`,
 * because Jest does not support `import()` by default.
 */
const FORMATS = {
  esm: { format: 'esm' },
  cjs: { format: 'cjs', supported: { 'dynamic-import': false } },
};
/**
 * Folder and extension of the built late modules in each module format. A late module is loaded only when
 * needed, because it contains the AWS SDK or another large library.
 */
const LATE_FILES = {
  esm: { folder: ASSETS_FOLDER, extension: '.mjs' },
  cjs: { folder: REQUIRED_FOLDER, extension: '.cjs' },
};

/**
 * esbuild plugin that changes `import()` of a late module to `import()` of its built file. Any other import
 * of such a module is an error, because it would bundle the AWS SDK or another large library. If only some late modules are
 * in `names`, all other modules are bundled without an error.
 *
 * @param format module format of the output, `esm` or `cjs`
 * @param names late modules to load from their built files. Default: all
 */
const loadedLate = (format, names = Object.keys(LATE_MODULES)) => ({
  name: 'loaded-late',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\.(?:aws|late)$/ }, ({ kind, importer, path: name }) => {
      const source = path.relative(root, path.resolve(path.dirname(importer), `${name}.ts`));
      const late = names.find(candidate => LATE_MODULES[candidate] === source);
      if (late !== undefined && kind === 'dynamic-import')
        return {
          path: `../../${LATE_FILES[format].folder}/${late}${LATE_FILES[format].extension}`,
          external: true,
        };
      if (names.length < Object.keys(LATE_MODULES).length) return undefined;
      return {
        errors: [
          {
            text:
              `${source} must be loaded by import() and listed in LATE_MODULES ` +
              '(src/private/entry-points.ts)',
          },
        ],
      };
    });
  },
});

const ENTRY_FILES = { cjs: 'index.js', esm: 'index.mjs' };

async function buildRuntime() {
  await rm(at('lib/types'), { recursive: true, force: true });
  const outputs = [];
  for (const [name, source] of Object.entries(ENTRY_POINTS)) {
    const types = `../types/${source.replace(/\.ts$/, '')}`;
    await rm(at('lib', name), { recursive: true, force: true });
    const built = await Promise.all(
      Object.entries(ENTRY_FILES).map(([format, file]) =>
        build({
          ...common,
          ...FORMATS[format],
          ...REAL_TIMERS,
          entryPoints: [at(source)],
          outfile: at('lib', name, file),
          plugins: [loadedLate(format)],
        }),
      ),
    );
    // Exports the type declarations of the entry point, which tsc has written into lib/types.
    await writeFile(at('lib', name, 'index.d.ts'), `export * from '${types}';\n`);
    await writeFile(at('lib', name, 'index.d.mts'), `export * from '${types}.js';\n`);
    await writeFile(
      at('lib', name, 'THIRD-PARTY-NOTICES.txt'),
      notices(root, built, ['@pydantic/genai-prices']),
    );
    outputs.push(...built);
  }
  return outputs;
}

/**
 * Deletes files of earlier builds from a folder. Runs after the build, because other processes may use the
 * files during the build.
 *
 * @param outputs results of esbuild, whose files are kept
 * @param others further files to keep, relative to the root
 */
async function removeStaleFiles(folder, outputs, others) {
  const written = new Set(
    [...outputs.flatMap(({ metafile }) => Object.keys(metafile.outputs)), ...others].map(file => at(file)),
  );
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !written.has(file)) await rm(file);
  }
}

/**
 * Builds the Lambda handlers and the late modules as ES modules into one folder. Common code, mainly the AWS
 * SDK, is in shared files. The files contain neither `import.meta` nor `require`, so that users' bundlers can
 * convert them to ESM or CommonJS.
 */
async function buildAssets() {
  const modules = await build({
    ...common,
    ...FORMATS.esm,
    ...REAL_TIMERS,
    splitting: true,
    entryPoints: Object.fromEntries(
      Object.entries({ ...HANDLERS, ...LATE_MODULES }).map(([name, source]) => [name, at(source)]),
    ),
    outdir: at(ASSETS_FOLDER),
    outExtension: { '.js': LATE_FILES.esm.extension },
    chunkNames: 'shared-[hash]',
  });
  const required = await buildRequired(modules);
  await writeFile(
    at(ASSET_MANIFEST),
    JSON.stringify(await assetManifest(root, modules.metafile, builtModule)),
  );
  await writeFile(at(ASSET_NOTICES), notices(root, [modules]));
  await removeStaleFiles(at('assets'), [modules, required], [ASSET_MANIFEST, ASSET_NOTICES]);
  return [modules, required];
}

/** Returns the path of a built handler, late module or shared file. */
const builtModule = (name, format = 'esm') =>
  `${LATE_FILES[format].folder}/${name}${LATE_FILES[format].extension}`;

/**
 * Converts the built late modules from ES modules to CommonJS, together with the files that they import. Each
 * file stays a separate file.
 */
async function buildRequired({ metafile: { outputs } }) {
  const files = filesLoadedBy(
    outputs,
    Object.keys(LATE_MODULES).map(name => builtModule(name)),
  );
  return build({
    ...common,
    ...FORMATS.cjs,
    entryPoints: files.map(file => at(file)),
    outdir: at(REQUIRED_FOLDER),
    outExtension: { '.js': LATE_FILES.cjs.extension },
    plugins: [
      {
        name: 'each-file-by-itself',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^\.\// }, ({ path: name }) => ({
            path: name.replace(LATE_FILES.esm.extension, LATE_FILES.cjs.extension),
            external: true,
          })),
      },
    ],
  });
}

/**
 * Content of the file that starts the command. The file is CommonJS, because package.json has no `type`
 * field. It imports the ES module main.mjs.
 */
const LAUNCHER = "#!/usr/bin/env node\n'use strict';\nimport('./main.mjs');\n";

/**
 * Creates an esbuild plugin that changes imports of some packages to `require` calls, for example of
 * aws-cdk-lib. Node.js cannot detect the named exports of these packages in an `import`.
 *
 * @param filter pattern of the package names
 * @param fileOf returns the path for `require`. Default: the package name
 */
const required = (filter, fileOf = name => name) => ({
  name: `required:${filter.source}`,
  setup: ({ onResolve, onLoad }) => {
    const namespace = `required:${filter.source}`;
    // Keeps the `require` call in the generated module unchanged. Must be the first `onResolve`, because the
    // second one also matches the package in this call.
    onResolve({ filter: /.*/, namespace }, ({ path: name }) => ({ path: name, external: true }));
    onResolve({ filter }, ({ path: name }) => ({ path: name, namespace }));
    onLoad({ filter: /.*/, namespace }, ({ path: name }) => ({
      contents: `module.exports = require(${JSON.stringify(fileOf(name))});`,
    }));
  },
});

/** Late modules that the command loads from the folder of the Lambda assets, to keep its own bundle small. */
const LOADED_FROM_ASSETS = ['billed-costs', 'metric-data', 'profile-lookup'];

const AGENT = at('examples/quick-start/agent.ts');
const AGENT_FOLDER = 'quick-start-agent';
/**
 * First lines of each bundle: they define `require`, `__filename` and `__dirname`, which bundled CommonJS
 * packages use.
 */
const COMMON_JS_BANNER =
  "import { createRequire as makeRequire } from 'node:module'; import { fileURLToPath as pathOf } from " +
  "'node:url'; const require = makeRequire(import.meta.url); const __filename = " +
  "pathOf(import.meta.url); const __dirname = pathOf(new URL('.', import.meta.url));";

/**
 * Builds the command, and the agent function of the quick start. Large parts, such as the charts, the
 * DynamoDB emulator and the AWS SDK, are separate files that are loaded only when needed.
 *
 * @param outdir output folder
 * @param constructs esbuild plugin that finds the module `cdk-token-analytics`: in the compiled library, or
 * in its source if jsii has not run
 * @param sharedAgent true if the agent imports the AWS SDK from files of the command. This agent is smaller,
 * but cannot be deployed
 */
async function buildCommand(outdir, constructs, { sharedAgent }) {
  await rm(outdir, { recursive: true, force: true });
  const outputs = [
    await build({
      ...common,
      format: 'esm',
      splitting: true,
      entryPoints: {
        'main': at('cli/index.ts'),
        'agent-process': at('local/demo/agent-process.ts'),
        ...(sharedAgent ? { agent: AGENT } : {}),
      },
      outdir,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'part-[hash]',
      charset: 'utf8',
      banner: { js: COMMON_JS_BANNER },
      plugins: [
        builtCharts('./page/charts.mjs'),
        ...(sharedAgent ? [loadedLate('esm', LOADED_FROM_ASSETS)] : []),
        withoutFileStore,
        withModuleEndings,
        constructs,
        required(/^(?:aws-cdk-lib(?:\/.*)?|constructs)$/),
      ],
      alias: Object.fromEntries(
        Object.entries(ENTRY_POINTS).map(([name, source]) => [`cdk-token-analytics/${name}`, at(source)]),
      ),
    }),
    ...(sharedAgent
      ? []
      : [
          await build({
            ...common,
            format: 'esm',
            entryPoints: [AGENT],
            outfile: path.join(outdir, AGENT_FOLDER, 'index.mjs'),
            banner: { js: COMMON_JS_BANNER },
            alias: { 'cdk-token-analytics/runtime': at(ENTRY_POINTS.runtime) },
          }),
        ]),
    ...(await buildPage(path.join(outdir, 'page'))),
  ];
  await removeUnusedBanners(outdir);
  await writeFile(path.join(outdir, 'index.js'), LAUNCHER, { mode: 0o755 });
  if (sharedAgent) {
    await mkdir(path.join(outdir, AGENT_FOLDER), { recursive: true });
    await writeFile(
      path.join(outdir, AGENT_FOLDER, 'index.mjs'),
      "export { handler } from '../agent.mjs';\n",
    );
  }
  await writeFile(
    path.join(outdir, 'schema.json'),
    JSON.stringify(JSON.parse(await readFile(at('docs/cli.schema.json'), 'utf8'))),
  );
  await writeFile(
    path.join(outdir, 'THIRD-PARTY-NOTICES.txt'),
    notices(root, outputs, ['@pydantic/genai-prices']),
  );
  return outputs;
}

/** Removes `COMMON_JS_BANNER` from each file that does not use `require`, `__filename` or `__dirname`. */
async function removeUnusedBanners(outdir) {
  for (const name of (await readdir(outdir)).filter(file => file.endsWith('.mjs'))) {
    const file = path.join(outdir, name);
    const text = await readFile(file, 'utf8');
    const code = text.slice(COMMON_JS_BANNER.length).trimStart();
    if (!text.startsWith(COMMON_JS_BANNER) || /\b(?:require|__filename|__dirname)\b/.test(code)) continue;
    await writeFile(file, code);
  }
}

const fromSource = {
  name: 'from-source',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^cdk-token-analytics$/ }, () => ({ path: at('src/index.ts') })),
};

const targets = {
  runtime: buildRuntime,
  assets: buildAssets,
  cli: () =>
    buildCommand(
      at('lib/cli'),
      required(/^cdk-token-analytics$/, () => '../index.js'),
      { sharedAgent: true },
    ),
  demo: async () => [
    ...(await buildAssets()),
    ...(await buildCommand(at('build/cli'), fromSource, { sharedAgent: false })),
  ],
};

const [name, ...flags] = process.argv.slice(2);
const target = targets[name];
if (!target) {
  console.error(`build: the target must be one of ${Object.keys(targets).join(', ')}, got: ${name}`);
  process.exit(2);
}
const outputs = await target();
if (!flags.includes('--quiet')) {
  for (const { metafile } of outputs) {
    for (const file of Object.keys(metafile.outputs)) {
      const { size } = await stat(at(file));
      console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`);
    }
  }
}
