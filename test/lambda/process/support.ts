import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import { type CloudWatchEmulator, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { type FaultyTable, startFaultyTable } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY } from '../../support/run';
import { emfOf } from '../../support/stdout';
import { Bedrock } from '../instrument/support';

export const RUNTIME = path.join(REPOSITORY, 'lib', 'runtime', 'index.js');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: string[];
  readonly stderr: string;
}

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /**
   * Waits until the program sends this message to the test.
   *
   * @throws if the program ends first
   */
  sent(message: string): Promise<void>;
}

interface ProgramOptions {
  readonly stdout?: 'pipe' | number;
  readonly sink?: string;
  /**
   * Command and arguments before `node`, e.g. `['env', 'NAME=value']`.
   *
   * @default - `node` is started directly
   */
  readonly startedBy?: readonly string[];
}

/** Code at the start of a program. Its timers fire only when the program calls `advance(ms)`. */
const HELD_CLOCK = `
    const timers = new Set();
    let now = 0;
    const setTimeout = (callback, ms = 0, ...args) => {
      const timer = { due: now + ms, fire: () => callback(...args), ref: () => timer, unref: () => timer };
      timers.add(timer);
      if (process.connected) process.send('timer ' + ms);
      return timer;
    };
    const clearTimeout = timer => timers.delete(timer);
    for (const holder of [globalThis, require('node:timers')]) Object.assign(holder, { setTimeout, clearTimeout });
    Atomics.waitAsync = () => ({ value: new Promise(() => undefined) });
    const advance = ms => {
      now += ms;
      for (const timer of [...timers]) if (timer.due <= now && timers.delete(timer)) timer.fire();
    };
    const turns = async () => { for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve)); };`;

const programs: ChildProcess[] = [];
export let table: FaultyTable;
export let cloudWatch: CloudWatchEmulator;
let bedrock: Bedrock;
beforeEach(async () => {
  table = await startFaultyTable();
  cloudWatch = await startCloudWatch();
  bedrock = await Bedrock.start();
});
afterEach(async () => {
  for (const program of programs.splice(0)) program.kill('SIGKILL');
  await bedrock.close();
  await cloudWatch.close();
  await table.close();
});

/** Starts a program with the built runtime. `body` is its code, in which `record(n)` records n calls. */
export function startProgram(
  body: string,
  { stdout = 'pipe', sink = 'emf', startedBy = [] }: ProgramOptions = {},
): Program {
  const program = `${HELD_CLOCK}
    const { TokenTracker } = require(${JSON.stringify(RUNTIME)});
    const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
    const tracker = TokenTracker.fromEnvironment(process.env, { endpoint: process.env.TABLE, cloudWatchEndpoint: process.env.CLOUDWATCH, region: 'us-east-1' });
    const usage = { uncachedInputTokens: 100, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, outputTokens: 20, source: 'usage', partial: false };
    const record = calls => { for (let i = 0; i < calls; i += 1) tracker.record({ agentId: 'triage', modelId: 'amazon.nova-micro-v1:0', usage, requestId: 'r' + i }); };
    const message = () => new Promise(resolve => process.once('message', resolve));
    const stay = () => setInterval(() => undefined, 2 ** 31 - 1);
    const client = () => tracker.instrument(new BedrockRuntimeClient({ endpoint: process.env.BEDROCK, region: 'us-east-1' }), { agentId: 'triage' });
    const openStream = async (bedrock = client()) => (await bedrock.send(new ConverseStreamCommand({ modelId: 'amazon.nova-micro-v1:0', messages: [{ role: 'user', content: [{ text: 'x' }] }] }))).stream;
    (async () => { ${body} })().catch(error => { console.error(error); process.exitCode = 3; });`;
  const [command, ...args] = [...startedBy, process.execPath, '--expose-gc', '-e', program];
  const child = spawn(command, args, {
    cwd: REPOSITORY,
    stdio: ['ignore', stdout, 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      NODE_NO_WARNINGS: '1',
      TOKEN_ANALYTICS_TABLE: 'Traces',
      TOKEN_ANALYTICS_SINK: sink,
      TABLE: table.endpoint,
      CLOUDWATCH: cloudWatch.endpoint,
      BEDROCK: bedrock.endpoint,
    },
  });
  programs.push(child);
  let [out, err] = ['', ''];
  const messages: unknown[] = [];
  child.stdout?.on('data', chunk => (out += chunk));
  child.stderr?.on('data', chunk => (err += chunk));
  child.on('message', message => messages.push(message));
  const ended = new Promise<Ended>(resolve =>
    child.once('close', (code, killed) =>
      resolve({ code, signal: killed, lines: out.split('\n').filter(line => line !== ''), stderr: err }),
    ),
  );
  return {
    child,
    ended,
    sent: async message => {
      let hasEnded = false;
      void ended.then(() => (hasEnded = true));
      await until(() => messages.includes(message) || hasEnded);
      if (!messages.includes(message)) throw new Error(`The program ended before it sent "${message}".`);
    },
  };
}

/** Runs a program to its end. Sends `signal` to it as soon as it sends the message `ready`. */
export async function runProgram(
  body: string,
  { signal, ...options }: ProgramOptions & { readonly signal?: NodeJS.Signals } = {},
): Promise<Ended> {
  const { child, ended, sent } = startProgram(body, options);
  if (signal) {
    await sent('ready');
    child.kill(signal);
  }
  return ended;
}

/** Adds up the values of a metric in log lines with metrics (EMF). */
export const counted = (lines: readonly string[], metric: string) =>
  emfOf(lines.filter(line => line.startsWith('{')))
    .flatMap(document => [document[metric] ?? []].flat() as number[])
    .reduce((sum, value) => sum + value, 0);

/**
 * Program code that sends `ready` to the test, which then sends its signal. Closes the channel to the test,
 * because an open channel would keep the process alive.
 */
export const READY = "process.send('ready'); process.disconnect();";
export const LET_GO = 'process.disconnect();';
