import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { type Finished, REPOSITORY } from './run';
import { readAssetManifest } from '../../src/private/asset-manifest';
import { ASSETS_FOLDER, type HandlerName } from '../../src/private/entry-points';

/** Result or error of a handler for one event. */
export interface Outcome<Result> {
  readonly result?: Result;
  /** Name of the error that the handler threw, e.g. `TypeError`. */
  readonly error?: string;
  readonly message?: string;
}

/** Outcomes and output of a process in which a handler ran. */
export interface HandlerEnd<Result> extends Finished {
  /** Result or error for each event. Empty if the process was killed or could not load the handler. */
  readonly outcomes: readonly Outcome<Result>[];
  /** Maximum memory that the process used, in MB. */
  readonly rssMb: number;
}

export interface RunningHandler<Result> {
  readonly child: ChildProcess;
  readonly finished: Promise<HandlerEnd<Result>>;
}

interface HandlerOptions {
  /** Environment variables of the process, in addition to a region and test credentials. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Time on the clock of the process when it starts.
   *
   * @default - the current time
   */
  readonly now?: Date;
  /**
   * Milliseconds until the timeout of the function, from the start of each event.
   *
   * @default 60000
   */
  readonly remainingMs?: number;
}

/** Folder of the copies that {@link deployedCode} makes. */
const COPIES = path.join(REPOSITORY, 'build', 'handlers');

/**
 * Copies the files that are deployed with a handler to a folder of their own, and returns that folder. A
 * handler that needs another built file fails there, as it would in Lambda.
 */
function deployedCode(name: HandlerName): string {
  const { files, hash } = readAssetManifest().handlers[name];
  const folder = path.join(COPIES, `${name}-${hash.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(COPIES, { recursive: true });
  const copy = mkdtempSync(`${folder}-`);
  for (const file of files) cpSync(path.join(REPOSITORY, ASSETS_FOLDER, file), path.join(copy, file));
  try {
    renameSync(copy, folder);
  } catch (error) {
    // Uses the copy of another process that was faster.
    if (!existsSync(folder)) throw error;
    rmSync(copy, { recursive: true });
  }
  return folder;
}

/**
 * Starts a process in which a built handler handles the events one after another. Its folder has only the
 * files that are deployed with it. The process has a virtual clock, so that waits take no time (see
 * `virtual-clock.mjs`).
 */
export function startHandler<Result>(
  name: HandlerName,
  events: readonly unknown[],
  { env, now, remainingMs = 60_000 }: HandlerOptions = {},
): RunningHandler<Result> {
  const child = spawn(
    process.execPath,
    [
      '--import',
      path.join(REPOSITORY, 'test', 'support', 'virtual-clock.mjs'),
      path.join(REPOSITORY, 'test', 'support', 'run-handler.mjs'),
    ],
    {
      env: {
        NODE_NO_WARNINGS: '1',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ...(now && { VIRTUAL_CLOCK_START: now.toISOString() }),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const finished = new Promise<HandlerEnd<Result>>((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    let sent: Pick<HandlerEnd<Result>, 'outcomes' | 'rssMb'> = { outcomes: [], rssMb: 0 };
    child.stdout?.on('data', chunk => (stdout += chunk));
    child.stderr?.on('data', chunk => (stderr += chunk));
    child.once('message', message => (sent = message as typeof sent));
    child.once('error', reject);
    child.once('close', code => resolve({ code, stdout, stderr, ...sent }));
  });
  child.send({ asset: path.join(deployedCode(name), `${name}.mjs`), events, remainingMs });
  return { child, finished };
}

/** Starts a handler with the arguments of {@link startHandler}, and waits until its process has ended. */
export function runHandler<Result>(...args: Parameters<typeof startHandler>): Promise<HandlerEnd<Result>> {
  return startHandler<Result>(...args).finished;
}
