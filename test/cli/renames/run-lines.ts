import { readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import type { Account } from './account';
import type { Json } from './json';
import { normalise } from './normalise';
import { REPOSITORY, run } from '../../support/run';
import { type Over, startCommand } from '../command-process';
import { heldClock, NOW, runAt, validated } from '../support';

/** Arguments of the command `token-analytics` as one text, and the results of the run. */
export interface LineRun {
  readonly line: string;
  readonly exitCode: number | null;
  readonly output: Json;
  /** Content of the file that `--output` writes. For CSV, a list of rows. */
  readonly file?: Json;
}

/** Placeholder in a stored command line. Before a run, it is replaced with the folder of the account. */
const FOLDER = '{folder}';

/**
 * Runs the command line `line` with `--json` in a fake account. The field `line` of the result is `kept`.
 *
 * @param kept stored command line with the old names. It is not run
 * @param line the same command line with current names. Default: `kept`, if no name has changed
 */
export async function runLine(account: Account, kept: string, line = kept): Promise<LineRun> {
  const words = (text: string) => text.split(' ').map(word => word.replace(FOLDER, account.folder));
  const args = words(line);
  const { code, stdout, stderr } = await runnerOf(kept)(account, [...args, '--json']);
  if (stdout === '') throw new Error(`${line} printed nothing and ended with ${code}: ${stderr}`);
  const written = fileOf(words(kept));
  const places = {
    folder: account.folder,
    fileSize: written === undefined ? undefined : statSync(written).size,
  };
  return {
    line: kept,
    exitCode: code,
    output: normalise(validated(args[0], stdout) as Json, places),
    ...(written === undefined ? {} : { file: normalise(contentOf(written), places) }),
  };
}

type Runner = (account: Account, args: readonly string[]) => Promise<Over>;

function runnerOf(kept: string): Runner {
  switch (kept.split(' ')[0]) {
    case 'preview':
      return runUntilServed;
    case 'demo':
      return runDemo;
    default:
      return async ({ environment }, args) => runAt(NOW, args, environment);
  }
}

/** Runs a command that serves a page. Stops the command once the page can be loaded. */
async function runUntilServed({ environment }: Account, args: readonly string[]): Promise<Over> {
  const { child, over } = startCommand(args, { env: { ...environment, ...heldClock(NOW) } });
  const said = new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', chunk => {
      text += chunk;
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    over.then(({ stderr }) => reject(new Error(`it ended before it served a page: ${stderr}`)), reject);
  });
  // The command handles SIGTERM only once its page can be loaded.
  await fetch(await said);
  child.kill('SIGTERM');
  return over;
}

/**
 * Runs `demo` in the folder of the account, because `demo` writes files to the current folder. `demo` does
 * not use the fake AWS services.
 */
async function runDemo({ folder }: Account, args: readonly string[]): Promise<Over> {
  const command = path.join(REPOSITORY, 'lib', 'cli', 'index.js');
  const finished = await run(process.execPath, [command, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, CDK_VALIDATION: 'false', NODE_NO_WARNINGS: '1' },
  });
  return { ...finished, signal: null };
}

/**
 * Returns the path after `--output` in a command line of `export`. Returns undefined for all other commands.
 */
function fileOf([name, ...words]: readonly string[]): string | undefined {
  return name === 'export' ? words[words.indexOf('--output') + 1] : undefined;
}

function contentOf(file: string): Json {
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) return JSON.parse(text) as Json;
  // The code below cannot parse quoted cells. The data set contains no text that must be quoted.
  if (text.includes('"')) throw new Error(`${file} must have no quoted cell`);
  const [header, ...rows] = text
    .trimEnd()
    .split('\r\n')
    .map(line => line.split(','));
  return rows.map(cells => Object.fromEntries(cells.map((cell, index) => [header[index], cell])));
}
