import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AgentTask } from '../../examples/quick-start/agent';

/**
 * Number of lines of the agent's standard error that an error message quotes. If there are more, the last
 * lines are quoted.
 */
const MAX_ERROR_LINES = 30;

/** Files, environment and callbacks for the child process that runs the agent. */
export interface AgentOptions {
  /** Path of `agent-process.mjs`, the script that the child process starts. It loads `handler`. */
  readonly host: string;
  readonly handler: string;
  /**
   * Environment variables of the Lambda function, including the endpoints of the emulators. The child process
   * gets no other variables except PATH and TZ.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line that the function logs. */
  readonly onLogLine: (line: string) => void;
  /** Called after each task with the number of tasks that are finished so far. */
  readonly onProgress: (done: number) => void;
}

/**
 * Starts a child process with the agent's handler, and runs the tasks in it one after the other. Calls
 * `onLogLine` for each line that the handler logs.
 */
export async function runAgent(tasks: readonly AgentTask[], options: AgentOptions): Promise<void> {
  const agent = fork(options.host, [options.handler], {
    env: { ...options.environment, PATH: process.env.PATH, TZ: 'UTC' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = () => void agent.kill('SIGKILL');
  process.once('exit', stop);
  const errors: string[] = [];
  const log = Promise.all([
    readLines(agent.stdout, options.onLogLine),
    readLines(agent.stderr, line => errors.push(line)),
  ]);
  try {
    let done = 0;
    for (const task of tasks) {
      await invoke(agent, task, errors);
      done += 1;
      options.onProgress(done);
    }
    agent.disconnect();
    await log;
  } finally {
    agent.kill('SIGKILL');
    process.removeListener('exit', stop);
  }
}

async function invoke(agent: ChildProcess, task: AgentTask, errors: readonly string[]): Promise<void> {
  const finished = new AbortController();
  const answer = once(agent, 'message', { signal: finished.signal });
  const exit = once(agent, 'exit', { signal: finished.signal }).then(([code]) => {
    throw new Error(`the agent's process ended with ${code}: ${errors.slice(-MAX_ERROR_LINES).join('\n')}`);
  });
  agent.send(task);
  try {
    const [message] = (await Promise.race([answer, exit])) as [{ error?: string }];
    if (message.error !== undefined) throw new Error(`the agent's handler failed: ${message.error}`);
  } finally {
    for (const waiting of [answer, exit]) waiting.catch(() => undefined);
    finished.abort();
  }
}

async function readLines(stream: NodeJS.ReadableStream | null, take: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) take(line);
}
