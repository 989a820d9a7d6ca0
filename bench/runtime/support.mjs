// Helpers of the benchmarks.
import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const folder = path.join(root, 'build', 'bench');

const sorted = values => [...values].sort((a, b) => a - b);
export const quantile = (values, share) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))];
export const median = values => quantile(values, 0.5);
export const rounded = (value, digits = 2) => Number(value.toFixed(digits));

/**
 * Bundles a script with esbuild, so that it can import TypeScript sources. Returns the path and the size of
 * the bundle.
 */
export async function bundle(entry, name, options = {}) {
  mkdirSync(folder, { recursive: true });
  const outfile = path.join(folder, name);
  const { metafile } = await build({
    absWorkingDir: root,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    metafile: true,
    outfile,
    ...(typeof entry === 'string' ? { entryPoints: [entry] } : { stdin: { ...entry, resolveDir: root } }),
    ...options,
  });
  return { outfile, bytes: Object.values(metafile.outputs)[0].bytes };
}

/**
 * Runs a script in a fresh process. Returns the message that the script sends, and the number of bytes on its
 * standard output.
 */
export async function inFreshProcess(script, args, environment = {}) {
  const child = fork(script, args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      NODE_NO_WARNINGS: '1',
      ...environment,
    },
  });
  let bytes = 0;
  child.stdout.on('data', chunk => (bytes += chunk.length));
  let message;
  child.on('message', received => (message = received));
  const code = await new Promise(resolve => child.once('close', resolve));
  if (code !== 0 || message === undefined) throw new Error(`${script} ${args.join(' ')} ended with ${code}`);
  return { ...message, bytes };
}

/**
 * Runs all cases in each round, so that temporary load on the machine affects all of them. Returns a list of
 * results for each case, with one result for each round.
 */
export async function interleaved(cases, rounds, run) {
  const results = Object.fromEntries(cases.map(name => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const name of cases) results[name].push(await run(name));
  return results;
}

/** Starts a script and leaves it running. Returns the first message of the script. */
export async function startServer(script) {
  const child = fork(script, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const message = await new Promise(resolve => child.once('message', resolve));
  return { message, stop: () => child.kill() };
}
