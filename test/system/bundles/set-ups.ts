import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { type App, bundle, NODES, type NodeVersion, type Program, THIS_NODE } from './app';

/** Way to build and run a program that uses the package, e.g. bundled by esbuild. */
export interface SetUp {
  readonly name: string;
  readonly nodes: readonly NodeVersion[];
  /** True if a bundler writes the code of the program and the package into one folder. */
  readonly isBundled: boolean;
  /** Builds a program of the app, e.g. `handler`. Returns the file to run. */
  readonly prepare: (app: App, program: string) => Promise<Program>;
}

interface Bundling {
  readonly bundler: 'esbuild' | 'rollup' | 'webpack' | 'rspack' | 'ncc';
  readonly from: 'import' | 'require' | 'TypeScript';
  readonly to: 'cjs' | 'esm';
  /** Additional options for the bundler, e.g. `{ minify: true }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly optionsName?: string;
}

const SOURCES = { import: 'mjs', require: 'cjs', TypeScript: 'ts' } as const;
const FORMATS = { cjs: 'CommonJS', esm: 'an ES module' } as const;

const asItIs = (load: Program['load']): SetUp => ({
  name: `no bundler, ${load}`,
  nodes: NODES,
  isBundled: false,
  prepare: async ({ root }, program) => ({ file: path.join(root, `${program}.${SOURCES[load]}`), load }),
});

const bundledBy = ({ bundler, from, to, options = {}, optionsName }: Bundling): SetUp => {
  const name = `${bundler}, from ${from} to ${FORMATS[to]}${optionsName ? ` ${optionsName}` : ''}`;
  return {
    name,
    nodes: [THIS_NODE],
    isBundled: true,
    prepare: (app, program) =>
      bundle(app, {
        bundler,
        options,
        entry: `${program}.${SOURCES[from]}`,
        folder: app.newFolder(`${name} ${program}`),
        format: to,
      }),
  };
};

/**
 * Options of esbuild for ES module output. They select the ES modules of the AWS SDK, because its CommonJS
 * modules call `require`.
 */
const MODULE_FIRST = { options: { mainFields: ['module', 'main'] }, optionsName: 'with mainFields' };
/** Options of esbuild for ES module output. They define `require` for bundled CommonJS code. */
const WITH_REQUIRE = {
  options: {
    minify: true,
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  },
  optionsName: 'with a banner, minified',
};

/**
 * Returns a set-up with a NodejsFunction of the CDK. The bundle does not contain the AWS SDK, because Lambda
 * provides it.
 */
const nodejsFunction = (format: 'cjs' | 'esm'): SetUp => {
  const name = `NodejsFunction, ${FORMATS[format]}`;
  return {
    name,
    nodes: NODES,
    isBundled: true,
    prepare: async (app, program) => {
      const folder = app.newFolder(`${name} ${program}`);
      const task = path.join(folder, 'task');
      cpSync(await synthesizedAsset(app, `function-${format}`, `${program}.ts`, format), task, {
        recursive: true,
      });
      symlinkSync(app.lambdaModules, path.join(folder, 'node_modules'));
      return format === 'cjs'
        ? { file: path.join(task, 'index.js'), load: 'require' }
        : { file: path.join(task, 'index.mjs'), load: 'import' };
    },
  };
};

/** Set-up with an unbundled program. As in Lambda, NODE_PATH contains the package folder of the layer. */
const layer: SetUp = {
  name: 'TokenAnalyticsLayer',
  nodes: NODES,
  isBundled: false,
  prepare: async (app, program) => {
    const folder = app.newFolder(`layer ${program}`);
    const [opt, file] = [path.join(folder, 'opt'), path.join(folder, 'task', `${program}.cjs`)];
    cpSync(await synthesizedAsset(app, 'layer'), opt, { recursive: true });
    cpSync(path.join(app.root, `${program}.cjs`), file);
    return { file, load: 'require', nodePath: [path.join(opt, 'nodejs', 'node_modules'), app.lambdaModules] };
  },
};

async function synthesizedAsset(app: App, name: string, ...args: string[]): Promise<string> {
  const assembly = path.join(app.root, 'cdk.out', name);
  await app.runScript('synth.mjs', assembly, ...args);
  const [asset] = readdirSync(assembly, { withFileTypes: true }).filter(
    item => item.isDirectory() && item.name.startsWith('asset.'),
  );
  return path.join(assembly, asset.name);
}

export const RUNTIME_SET_UPS: readonly SetUp[] = [
  asItIs('require'),
  asItIs('import'),
  nodejsFunction('cjs'),
  nodejsFunction('esm'),
  bundledBy({ bundler: 'esbuild', from: 'TypeScript', to: 'cjs' }),
  bundledBy({ bundler: 'esbuild', from: 'require', to: 'cjs' }),
  bundledBy({ bundler: 'esbuild', from: 'import', to: 'esm', ...MODULE_FIRST }),
  bundledBy({ bundler: 'esbuild', from: 'import', to: 'esm', ...WITH_REQUIRE }),
  bundledBy({ bundler: 'rollup', from: 'import', to: 'esm' }),
  bundledBy({ bundler: 'rollup', from: 'import', to: 'cjs' }),
  bundledBy({ bundler: 'webpack', from: 'import', to: 'cjs' }),
  bundledBy({ bundler: 'webpack', from: 'require', to: 'cjs' }),
  bundledBy({ bundler: 'webpack', from: 'import', to: 'esm' }),
  bundledBy({ bundler: 'rspack', from: 'import', to: 'cjs' }),
  bundledBy({ bundler: 'rspack', from: 'require', to: 'cjs' }),
  bundledBy({ bundler: 'rspack', from: 'import', to: 'esm' }),
  bundledBy({ bundler: 'ncc', from: 'import', to: 'esm' }),
  bundledBy({ bundler: 'ncc', from: 'require', to: 'cjs' }),
  layer,
];

export const REPORTS_SET_UPS: readonly SetUp[] = [
  asItIs('require'),
  asItIs('import'),
  bundledBy({ bundler: 'esbuild', from: 'TypeScript', to: 'cjs' }),
  bundledBy({ bundler: 'esbuild', from: 'import', to: 'esm' }),
  bundledBy({ bundler: 'webpack', from: 'import', to: 'cjs' }),
];
