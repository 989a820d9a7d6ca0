import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { type Finished, REPOSITORY } from './run';
import { ASSETS_FOLDER, type HandlerName } from '../../src/private/entry-points';

/** Result or error of one event. */
export interface Outcome<Result> {
  readonly result?: Result;
  /** Name of the error. */
  readonly error?: string;
  readonly message?: string;
}

/** End of a process that ran a handler. */
export interface HandlerEnd<Result> extends Finished {
  /** Outcome of each event. Empty if the process was killed, or could not import the handler. */
  readonly outcomes: readonly Outcome<Result>[];
  /** Peak memory of the process in MB. */
  readonly rssMb: number;
}

export interface RunningHandler<Result> {
  readonly child: ChildProcess;
  readonly finished: Promise<HandlerEnd<Result>>;
}

interface HandlerOptions {
  /** Environment variables that are set in addition to the region and test credentials. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Time at which the clock of the process starts.
   *
   * @default - the time of the machine
   */
  readonly now?: Date;
  /**
   * Remaining time of the function when an event starts, in milliseconds.
   *
   * @default 60000
   */
  readonly remainingMs?: number;
}

/**
 * Starts a process that runs a built handler for each of `events`, one after another. The process has a
 * virtual clock (see `virtual-clock.mjs`), so that waits take no time.
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
  child.send({ asset: path.join(REPOSITORY, ASSETS_FOLDER, `${name}.mjs`), events, remainingMs });
  return { child, finished };
}

/** Runs a built handler like {@link startHandler}, and waits until its process ends. */
export function runHandler<Result>(...args: Parameters<typeof startHandler>): Promise<HandlerEnd<Result>> {
  return startHandler<Result>(...args).finished;
}
