import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { REPOSITORY, run, runOk } from '../../support/run';
import { installPacked } from '../package/packed';

const MODULES = path.join(__dirname, 'node_modules');
const ESBUILD = path.join(MODULES, 'esbuild', 'bin', 'esbuild');
const TOOLS = JSON.parse(readFileSync(path.join(__dirname, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
};
const INSTALL = 'npm ci --prefix test/system/bundles';

/** True if the npm packages that these tests need are installed, e.g. esbuild and webpack. */
export const isInstalled = Object.keys(TOOLS.dependencies).every(name =>
  existsSync(path.join(MODULES, name)),
);

/** Name of a Node.js version, e.g. `Node 22`, and the path of its executable. */
export type NodeVersion = readonly [name: string, executable: string];

export const THIS_NODE: NodeVersion = [`Node ${process.versions.node.split('.')[0]}`, process.execPath];
const OTHER_NODES = ['22', '24']
  .map((major): NodeVersion => [`Node ${major}`, path.join(MODULES, `node${major}`, 'bin', 'node')])
  .filter(([name]) => name !== THIS_NODE[0]);
const MISSING_NODES = OTHER_NODES.filter(([, executable]) => !existsSync(executable));
export const NODES = [THIS_NODE, ...OTHER_NODES.filter(node => !MISSING_NODES.includes(node))];

if (!isInstalled) {
  process.stderr.write(`SKIPPED: the bundlers are not installed (${INSTALL}), so no bundle is tested\n`);
} else if (MISSING_NODES.length > 0) {
  const names = MISSING_NODES.map(([name]) => name).join(' and ');
  process.stderr.write(
    `SKIPPED: ${names} cannot be run (${INSTALL}, on Linux x64 only), so no set-up is run on it\n`,
  );
}

export interface Program {
  readonly file: string;
  readonly load: 'require' | 'import';
  /** Folders in the environment variable NODE_PATH, in which Node.js also looks for packages. */
  readonly nodePath?: readonly string[];
}

/** Calls of exported functions, each with the function's name and its only argument. */
export type Calls = readonly (readonly [name: string, argument: unknown])[];

export interface ProgramEnd<Result> {
  readonly results: readonly Result[];
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Folder of an example app. It contains the packed package, and programs that use the package. */
export interface App {
  /** Path of the app. It contains the programs `handler` and `report`, each as `.ts`, `.mjs` and `.cjs`. */
  readonly root: string;
  /** Path of a folder with only the packages that Lambda provides, e.g. `@aws-sdk`. */
  readonly lambdaModules: string;
  /** Creates an empty folder outside of the app. Programs in this folder do not find the app's packages. */
  newFolder(name: string): string;
  runScript(script: string, ...args: string[]): Promise<string>;
  remove(): void;
}

/** Creates an app: installs the packed package in a new folder, and writes the programs into it. */
export async function makeApp(): Promise<App> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-bundles-'));
  const root = path.join(scratch, 'app');
  const lambdaModules = path.join(scratch, 'var', 'runtime', 'node_modules');
  mkdirSync(root);
  await installPacked(root);
  const modules = path.join(root, 'node_modules');
  for (const name of ['aws-cdk-lib', 'constructs']) {
    symlinkSync(path.join(REPOSITORY, 'node_modules', name), path.join(modules, name));
  }
  mkdirSync(path.join(modules, '.bin'), { recursive: true });
  symlinkSync(path.join(MODULES, 'esbuild'), path.join(modules, 'esbuild'));
  symlinkSync(ESBUILD, path.join(modules, '.bin', 'esbuild'));
  mkdirSync(lambdaModules, { recursive: true });
  for (const folder of [modules, lambdaModules]) {
    for (const name of ['@aws-sdk', '@smithy']) {
      symlinkSync(path.join(MODULES, name), path.join(folder, name));
    }
  }
  await writePrograms(root);
  return {
    root,
    lambdaModules,
    newFolder: name => {
      const folder = path.join(scratch, 'out', name.replaceAll(/\W+/g, '-'));
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    runScript: (script, ...args) =>
      runOk(process.execPath, [script, ...args], { cwd: root, env: scriptEnv() }),
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

async function writePrograms(root: string): Promise<void> {
  const consumer = path.join(__dirname, 'consumer');
  cpSync(consumer, root, { recursive: true });
  const sources = readdirSync(consumer).filter(name => name.endsWith('.ts'));
  for (const [format, extension] of [
    ['esm', '.mjs'],
    ['cjs', '.cjs'],
  ]) {
    await runOk(
      process.execPath,
      [ESBUILD, ...sources, `--format=${format}`, `--out-extension:.js=${extension}`, '--outdir=.'],
      { cwd: root },
    );
  }
}

const scriptEnv = () => ({
  PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
  HOME: process.env.HOME,
  CDK_VALIDATION: 'false',
  JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
});

/** Settings of `bundle.mjs` for one program. `entry` is a file of the app, e.g. `handler.mjs`. */
interface BundleTask {
  readonly bundler: string;
  readonly entry: string;
  readonly folder: string;
  readonly format: 'cjs' | 'esm';
  readonly options: object;
}

/** Bundles a program of the app with all its dependencies. Returns the bundled program. */
export async function bundle(app: App, task: BundleTask): Promise<Program> {
  const entry = path.join(app.root, task.entry);
  await app.runScript(path.join(__dirname, 'bundle.mjs'), JSON.stringify({ ...task, entry }));
  return task.format === 'cjs'
    ? { file: path.join(task.folder, 'index.js'), load: 'require' }
    : { file: path.join(task.folder, 'index.mjs'), load: 'import' };
}

/**
 * Loads a program in a new process and makes the calls. Returns their results and the printed lines.
 *
 * @throws if the program cannot be loaded, or a call fails
 */
export async function runProgram<Result>(
  { file, load, nodePath = [] }: Program,
  calls: Calls,
  {
    node,
    environment,
  }: { readonly node: NodeVersion; readonly environment: Readonly<Record<string, string>> },
): Promise<ProgramEnd<Result>> {
  const [, executable] = node;
  const { code, stdout, stderr } = await run(
    executable,
    [path.join(__dirname, 'run.mjs'), load, file, JSON.stringify(calls)],
    {
      cwd: path.dirname(file),
      env: {
        NODE_NO_WARNINGS: '1',
        NODE_PATH: nodePath.join(path.delimiter),
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ...environment,
      },
    },
  );
  if (code !== 0) throw new Error(`${file} ended with ${code}\n${shortened(stderr)}`);
  const lines = stdout.split('\n').filter(line => line !== '');
  const { results } = JSON.parse(lines.find(line => line.startsWith('{"results":')) ?? '') as {
    results: Result[];
  };
  return { results, lines, stderr: shortened(stderr) };
}

/**
 * Cuts lines after 300 characters, because an error message can contain the whole code of a minified bundle.
 */
const shortened = (text: string) =>
  text
    .split('\n')
    .map(line => line.slice(0, 300))
    .join('\n');
