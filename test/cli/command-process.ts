import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { REPOSITORY } from '../support/run';

const COMMAND = path.join(REPOSITORY, 'lib', 'cli', 'index.js');

export interface Over {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly over: Promise<Over>;
}

/**
 * Returns the environment variables for a command: test settings, the given `env`, and PATH from this
 * process.
 */
const environment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
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
});

/** Starts the built command in a separate process. */
export function startCommand(
  args: readonly string[],
  { env = {}, input }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string | Buffer } = {},
): RunningCommand {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    cwd: REPOSITORY,
    env: environment(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', chunk => (stdout += chunk));
  child.stderr?.on('data', chunk => (stderr += chunk));
  // If the command is killed, a write to its input fails. Tests ignore this error.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const over = new Promise<Over>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, over };
}

export async function runCommand(
  args: readonly string[],
  options?: Parameters<typeof startCommand>[1],
): Promise<Over> {
  return startCommand(args, options).over;
}

/** Process that runs several commands, one after another. */
interface CommandServer {
  readonly child: ChildProcess;
  last: Promise<unknown>;
}

const servers = new Map<string, CommandServer>();
afterAll(() => {
  for (const { child } of servers.values()) child.kill();
  servers.clear();
});

/**
 * Runs the built command in a process that is reused, which is faster than a new process for each command.
 * The command gets neither standard input nor signals.
 *
 * @param env environment variables of the command
 * @param nodeEnv variables that Node.js reads only when the process starts
 */
export function runInTurn(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  nodeEnv: NodeJS.ProcessEnv = {},
): Promise<Over> {
  const server = serverWith(nodeEnv);
  const over = server.last.then(() => answerOf(server.child, args, environment(env)));
  server.last = over.catch(() => undefined);
  return over;
}

function serverWith(nodeEnv: NodeJS.ProcessEnv): CommandServer {
  const key = JSON.stringify(nodeEnv);
  const running = servers.get(key);
  if (running?.child.connected) return running;
  const child = spawn(process.execPath, [path.join(__dirname, 'command-server.mjs')], {
    cwd: REPOSITORY,
    env: environment(nodeEnv),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const started = { child, last: Promise.resolve() };
  servers.set(key, started);
  return started;
}

function answerOf(child: ChildProcess, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Over> {
  return new Promise((resolve, reject) => {
    const onDisconnect = () => reject(new Error(`the process ended in which ${args.join(' ')} was to run`));
    if (!child.connected) {
      onDisconnect();
      return;
    }
    child.once('disconnect', onDisconnect);
    child.once('message', answer => {
      child.removeListener('disconnect', onDisconnect);
      resolve(answer as Over);
    });
    child.send({ args, env });
  });
}
