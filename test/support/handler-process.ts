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

/** A process that ran a handler to its end. */
export interface HandlerEnd<Result> extends Finished {
  /** One outcome for each event; none if the process was killed or could not import the handler. */
  readonly outcomes: readonly Outcome<Result>[];
  /** Most memory that the process had, in MB. */
  readonly rssMb: number;
}

/** A process in which a handler runs. */
export interface RunningHandler<Result> {
  readonly child: ChildProcess;
  readonly finished: Promise<HandlerEnd<Result>>;
}

interface HandlerOptions {
  /** Environment, beside the region and the credentials of a test. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Time of the process's clock at its start.
   *
   * @default - the machine's time
   */
  readonly now?: Date;
  /**
   * Time that the function has for each event, in milliseconds.
   *
   * @default 60000
   */
  readonly remainingMs?: number;
}

/**
 * Starts a process that runs a built handler for some events, one after the other. Its clock takes no time:
 * see virtual-clock.mjs.
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

/** Runs a built handler for some events to its end. */
export function runHandler<Result>(...args: Parameters<typeof startHandler>): Promise<HandlerEnd<Result>> {
  return startHandler<Result>(...args).finished;
}
