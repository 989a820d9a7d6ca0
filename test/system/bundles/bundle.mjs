// Bundles a program with all its dependencies into index.js or index.mjs: `node bundle.mjs <task as JSON>`. A
// task contains the bundler, its options, the entry file, the output folder and the format (`cjs` or `esm`).
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);

async function withEsbuild({ entry, outfile, format, options }) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile,
    format,
    bundle: true,
    platform: 'node',
    target: 'node20',
    ...options,
  });
}

async function withRollup({ entry, folder, outfile, format }) {
  const [{ rollup }, { default: resolve }, { default: commonjs }, { default: json }] = await Promise.all([
    import('rollup'),
    import('@rollup/plugin-node-resolve'),
    import('@rollup/plugin-commonjs'),
    import('@rollup/plugin-json'),
  ]);
  const bundle = await rollup({
    input: entry,
    plugins: [resolve(), commonjs(), json()],
  });
  await bundle.write({ dir: folder, entryFileNames: path.basename(outfile), format });
  await bundle.close();
}

async function withWebpack(task) {
  const { default: webpack } = await import('webpack');
  await compile(webpack, task);
}

async function withRspack(task) {
  const { rspack } = await import('@rspack/core');
  await compile(rspack, task);
}

/** Bundles with webpack or rspack, which have the same options. `bundler` is the function of the package. */
async function compile(bundler, { entry, folder, outfile, format }) {
  const compiler = bundler({
    entry,
    context: path.dirname(entry),
    mode: 'production',
    target: 'node20',
    output: {
      path: folder,
      filename: path.basename(outfile),
      library: { type: format === 'esm' ? 'module' : 'commonjs2' },
      module: format === 'esm',
    },
    experiments: { outputModule: format === 'esm' },
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
}

async function withNcc({ entry, folder, outfile }) {
  const { code, assets } = await require('@vercel/ncc')(entry, { quiet: true });
  const files = Object.entries(assets).map(([name, { source }]) => [path.join(folder, name), source]);
  for (const [file, source] of [[outfile, code], ...files]) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, source);
  }
}

const BUNDLERS = {
  esbuild: withEsbuild,
  rollup: withRollup,
  webpack: withWebpack,
  rspack: withRspack,
  ncc: withNcc,
};

const { bundler, folder, format, ...task } = JSON.parse(process.argv[2]);
const outfile = path.join(folder, format === 'esm' ? 'index.mjs' : 'index.js');
await BUNDLERS[bundler]({ ...task, folder, format, outfile });
