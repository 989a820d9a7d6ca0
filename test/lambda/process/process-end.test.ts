import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import * as path from 'node:path';
import { type CloudWatchStandIn, startCloudWatch } from '../../../local/emulators/cloudwatch/server';
import { type FaultyTable, spilledIn, startFaultyTable } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY } from '../../support/run';
import { emfOf } from '../../support/stdout';
import { Bedrock } from '../instrument/support';

const RUNTIME = path.join(REPOSITORY, 'lib', 'runtime', 'index.js');
const MODULE = path.join(REPOSITORY, 'lib', 'runtime', 'index.mjs');
const CALLS = 40;

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: string[];
  readonly stderr: string;
}

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the program has sent a message. @throws if it ends before */
  sent(message: string): Promise<void>;
}

interface ProgramOptions {
  readonly stdout?: 'pipe' | number;
  readonly sink?: string;
}

/** Holds the program's timers, which fire only when `advance` moves the clock. */
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
let table: FaultyTable;
let cloudWatch: CloudWatchStandIn;
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

/** Starts a program with the built runtime and a tracker whose calls `record(n)` makes. */
function startProgram(body: string, { stdout = 'pipe', sink = 'emf' }: ProgramOptions = {}): Program {
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
  const child = spawn(process.execPath, ['--expose-gc', '-e', program], {
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

/** Runs a program to its end, and sends it a signal when it says `ready`. */
async function runProgram(
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

const counted = (lines: readonly string[], metric: string) =>
  emfOf(lines.filter(line => line.startsWith('{')))
    .flatMap(document => [document[metric] ?? []].flat() as number[])
    .reduce((sum, value) => sum + value, 0);

/** Tells the parent that it may send the signal, and lets go of the channel, which would keep the process. */
const READY = "process.send('ready'); process.disconnect();";
const LET_GO = 'process.disconnect();';

describe('traces that wait are not lost where the process', () => {
  test('comes to its end', async () => {
    const { code, signal, lines, stderr } = await runProgram(`${LET_GO} record(${CALLS});`);

    expect([code, signal, stderr]).toEqual([0, null, '']);
    expect([table.traces.size, spilledIn(lines).length, counted(lines, 'InvocationCount')]).toEqual([
      CALLS,
      0,
      CALLS,
    ]);
  });

  test.each([
    ['exits', 'process.exit(7);', 7],
    ['dies of an error', 'setImmediate(() => { throw new Error("mine"); }); await turns();', 1],
  ])('%s: they are in the log', async (_what, end, wanted) => {
    const { code, lines } = await runProgram(`record(20); ${end}`);

    expect(code).toBe(wanted);
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(20);
    expect(counted(lines, 'TracesSpilled')).toBe(spilledIn(lines).length);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'is ended by %s: they are written first, and it ends by that signal',
    async name => {
      const { signal, lines } = await runProgram(`record(${CALLS}); ${READY} stay();`, {
        signal: name,
      });

      expect(signal).toBe(name);
      expect([table.traces.size, spilledIn(lines).length]).toEqual([CALLS, 0]);
    },
  );

  test('is ended by SIGTERM while the table hangs: they are in the log after a second', async () => {
    table.fault = () => ({ hangs: true });
    const { child, ended, sent } = startProgram(`
      process.on('message', ms => { advance(ms); void turns().then(() => process.send('advanced ' + ms)); });
      record(${CALLS}); advance(0);`);
    // Both batches of the background flush hang.
    await until(() => table.requests === 2);
    child.kill('SIGTERM');
    await sent('timer 1000');
    child.send(999);
    await sent('advanced 999');
    child.send(1);
    const { signal, lines } = await ended;

    expect(signal).toBe('SIGTERM');
    expect([table.traces.size, new Set(spilledIn(lines)).size, counted(lines, 'TracesSpilled')]).toEqual([
      0,
      CALLS,
      CALLS,
    ]);
  });

  test('is told SIGTERM and has an end of its own: it has that', async () => {
    const { child, ended, sent } = startProgram(
      "process.once('SIGTERM', async () => { await message(); await tracker.flush(); process.exit(5); }); " +
        `record(${CALLS}); process.send('ready'); stay();`,
    );
    await sent('ready');
    child.kill('SIGTERM');
    await until(() => table.traces.size === CALLS);
    child.send('written');
    const { code, signal, lines } = await ended;

    expect([code, signal]).toEqual([5, null]);
    expect([table.traces.size, spilledIn(lines).length]).toEqual([CALLS, 0]);
  });

  test('has no log to write to: they are counted as dropped, and it lives on', async () => {
    table.fault = () => ({ status: 400, type: 'AccessDeniedException' });
    const { code, stderr } = await runProgram(
      `${LET_GO} record(${CALLS}); await tracker.flush(); await tracker.flush(); ` +
        "console.error('still here');",
      { stdout: openSync('/dev/full', 'w'), sink: 'putMetricData' },
    );

    expect(code).toBe(0);
    expect(stderr).toContain('still here');
    expect(sumOf('TracesDropped')).toBe(CALLS);
    expect([sumOf('TracesSpilled'), sumOf('InvocationCount')]).toEqual([0, CALLS]);
  });

  test('closes its log', async () => {
    const { code, stderr } = await runProgram(
      `${LET_GO} process.stdout.destroy(); record(${CALLS}); await tracker.flush(); ` +
        "console.error('still here');",
    );

    expect([code, stderr]).toEqual([0, 'still here\n']);
    expect(table.traces.size).toBe(CALLS);
  });
});

const sumOf = (name: string) =>
  cloudWatch.store
    .list()
    .filter(identity => identity.name === name && Object.keys(identity.dimensions).length === 0)
    .flatMap(identity =>
      cloudWatch.store.points(identity, {
        start: new Date(Date.now() - 3_600_000),
        end: new Date(Date.now() + 3_600_000),
        periodSeconds: 60,
        statistic: 'Sum',
      }),
    )
    .reduce((sum, { value }) => sum + value, 0);

test('metrics that are to be sent are so at the end of the process', async () => {
  const { code, lines } = await runProgram(`${LET_GO} record(${CALLS});`, { sink: 'putMetricData' });

  expect([code, lines]).toEqual([0, []]);
  expect(sumOf('InvocationCount')).toBe(CALLS);
});

test('a stream that is open at the end of the process is recorded, partial', async () => {
  const { code, lines } = await runProgram(`const stream = await openStream(); ${LET_GO}`);

  expect(code).toBe(0);
  expect([
    counted(lines, 'InvocationCount'),
    counted(lines, 'InvocationErrors'),
    table.traces.size + spilledIn(lines).length,
  ]).toEqual([1, 0, 1]);
});

test('a stream that is forgotten is recorded when it is collected, and not before it is read where its iterator is kept', async () => {
  const { lines, stderr } = await runProgram(`
    const bedrock = client();
    await (async () => { const iterator = (await openStream(bedrock))[Symbol.asyncIterator](); await iterator.next(); globalThis.kept = iterator; })();
    await (async () => { await openStream(bedrock); })();
    for (let round = 0; round < 20 || tracker.summary().calls === 0; round += 1) { gc(); await turns(); }
    console.error(tracker.summary().calls);
    for (let step = await kept.next(); !step.done; step = await kept.next());
    console.error(tracker.summary().calls);
    ${LET_GO}`);

  expect(stderr).toBe('1\n2\n');
  expect(counted(lines, 'InvocationCount')).toBe(2);
  expect(counted(lines, 'InputTokens')).toBeGreaterThan(3702);
});

test('listeners of the process are as many after a thousand trackers as after one', async () => {
  const { stderr } = await runProgram(`
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT'].reduce((sum, name) => sum + process.listenerCount(name), 0) + process.stdout.listenerCount('error');
    record(1); const one = count();
    for (let index = 0; index < 1000; index += 1) new TokenTracker({ sink: 'emf' }).record({ modelId: 'amazon.nova-micro-v1:0', usage });
    await turns();
    console.error(count() - one); ${LET_GO}`);

  expect(stderr).toBe('0\n');
});

describe('copies of the package in one process', () => {
  /** Loads the runtime again, as a reload or a second bundle does. */
  const COPIES = `
    process.on('warning', ({ name, message }) => name.startsWith('MaxListeners') && console.error(message));
    const copies = [];
    const copy = () => { delete require.cache[${JSON.stringify(RUNTIME)}]; copies.push(require(${JSON.stringify(RUNTIME)})); return copies.at(-1); };
    const recordWith = ({ TokenTracker }, requestId) => TokenTracker.fromEnvironment(process.env, { endpoint: process.env.TABLE, region: 'us-east-1' }).record({ agentId: 'triage', modelId: 'amazon.nova-micro-v1:0', usage, requestId });
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT'].map(name => process.listenerCount(name)).join();`;

  test('have one set of listeners, and are all delivered before SIGTERM ends the process', async () => {
    const { signal, lines, stderr } = await runProgram(
      `${COPIES} const before = count(); const formats = [await import(${JSON.stringify(MODULE)})];
      for (let made = 0; made < 12; made += 1) formats.push(copy());
      formats.forEach((runtime, index) => recordWith(runtime, 'copy' + index));
      console.error(before, count()); ${READY} stay();`,
      { signal: 'SIGTERM' },
    );

    expect(stderr).toBe('0,0,0,0 1,1,1,1\n');
    expect(signal).toBe('SIGTERM');
    expect([table.traces.size, spilledIn(lines).length]).toEqual([13, 0]);
  });

  test('print a warning once, and add no listener to the log', async () => {
    table.fault = () => ({ status: 400, type: 'AccessDeniedException' });
    const { lines, stderr } = await runProgram(
      `${COPIES} for (let made = 0; made < 12; made += 1) recordWith(copy(), 'copy' + made); ${LET_GO}`,
    );

    expect(spilledIn(lines)).toHaveLength(12);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('Traces could not be written to Traces (AccessDeniedException)'),
    ]);
  });

  test('of another version, which came first, are left to listen', async () => {
    const { stderr } = await runProgram(
      `const waiting = new Set();
      const end = { waiting, heard: new Set(['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP']), added: 'later' };
      process[Symbol.for('cdk-token-analytics')] = new Map([['end', end]]);
      ${COPIES} recordWith(copy(), 'one');
      const before = count();
      await Promise.all([...waiting].map(one => one.flush({ deadlineMs: 10_000 })));
      console.error(before, waiting.size); ${LET_GO}`,
    );

    expect(stderr).toBe('0,0,0,0 0\n');
    expect([...table.traces]).toEqual([expect.stringMatching(/#one$/)]);
  });
});
