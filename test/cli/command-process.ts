import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { REPOSITORY } from '../support/run';

/** The built command. */
const COMMAND = path.join(REPOSITORY, 'lib', 'cli', 'index.js');

/** What a command that is over left. */
export interface Over {
  readonly code: number | null;
  /** What killed it. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs: it can be killed half way. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly over: Promise<Over>;
}

/**
 * Starts the built command as its users do, with nothing of this process's environment but what finds Node.
 */
export function startCommand(
  args: readonly string[],
  { env = {}, input }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Buffer } = {},
): RunningCommand {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: REPOSITORY,
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'us-east-1',
      AWS_CONFIG_FILE: path.join(REPOSITORY, 'no-such-file'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(REPOSITORY, 'no-such-file'),
      NODE_NO_WARNINGS: '1',
      COLUMNS: '120',
      ...env,
    },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => (stdout += chunk));
  child.stderr?.on('data', chunk => (stderr += chunk));
  // A command that is killed takes nothing more.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const over = new Promise<Over>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, over };
}

/** Runs it to its end. */
export async function runCommand(
  args: readonly string[],
  options?: Parameters<typeof startCommand>[1],
): Promise<Over> {
  return startCommand(args, options).over;
}
