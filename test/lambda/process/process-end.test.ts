import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import * as path from 'node:path';
import { cloudWatch, counted, LET_GO, READY, runProgram, RUNTIME, startProgram, table } from './support';
import { spilledIn } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY } from '../../support/run';

const MODULE = path.join(REPOSITORY, 'lib', 'runtime', 'index.mjs');
const CALLS = 40;

describe('end of a process', () => {
  test('queued traces are written when the process has nothing left to do', async () => {
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
    ['fails with an error', 'setImmediate(() => { throw new Error("mine"); }); await turns();', 1],
  ])('queued traces are in the log if the process %s', async (_what, end, wanted) => {
    const { code, lines } = await runProgram(`record(20); ${end}`);

    expect(code).toBe(wanted);
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(20);
    expect(counted(lines, 'TracesSpilled')).toBe(spilledIn(lines).length);
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'queued traces are written before %s ends the process by that signal',
    async name => {
      const { signal, lines } = await runProgram(`record(${CALLS}); ${READY} stay();`, {
        signal: name,
      });

      expect(signal).toBe(name);
      expect([table.traces.size, spilledIn(lines).length]).toEqual([CALLS, 0]);
    },
  );

  test('queued traces are in the log after a second if the table hangs at SIGTERM', async () => {
    table.fault = () => ({ hangs: true });
    const { child, ended, sent } = startProgram(`
      process.on('message', ms => { advance(ms); void turns().then(() => process.send('advanced ' + ms)); });
      record(${CALLS}); advance(0);`);
    // Waits for the two write requests with the queued traces. Neither of them ever gets a response.
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

  test('queued traces are written if the process ends itself at SIGTERM in its own way', async () => {
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

  /** Rows with a name, program code that adds a SIGTERM listener, and the expected exit code and signal. */
  const COUNTING: readonly (readonly [
    what: string,
    add: string,
    wanted: readonly [number | null, string | null],
  ])[] = [
    [
      'ends the process if it is the only one',
      "process.on('SIGTERM', () => { if (process.listeners('SIGTERM').length === 1) process.exit(5); });",
      [5, null],
    ],
    [
      'is called once, and sends the signal again',
      "process.once('SIGTERM', () => process.kill(process.pid, 'SIGTERM'));",
      [null, 'SIGTERM'],
    ],
  ];

  test.each(
    COUNTING.flatMap(([what, add, wanted]) => [
      [what, 'before', `${add} record(${CALLS});`, wanted] as const,
      [what, 'after', `record(${CALLS}); ${add}`, wanted] as const,
    ]),
  )(
    'queued traces do not change the end at SIGTERM if a listener that %s was added %s the tracker',
    async (_what, _when, body, wanted) => {
      const { code, signal, lines } = await runProgram(`${body} ${READY} stay();`, { signal: 'SIGTERM' });

      expect([code, signal]).toEqual(wanted);
      expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(CALLS);
      expect(counted(lines, 'InvocationCount')).toBe(CALLS);
    },
  );

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'queued traces are written if the process ignores %s, which calls each of its listeners once for each signal',
    async name => {
      const { child, ended, sent } = startProgram(
        `let heard = 0; process.on('${name}', () => { heard += 1; process.send('heard ' + heard); });
        record(${CALLS}); process.send('ready');
        await message(); process.exit(5);`,
      );
      await sent('ready');
      child.kill(name);
      await sent('heard 1');
      await until(() => table.traces.size === CALLS);
      child.kill(name);
      await sent('heard 2');
      child.send('end');
      const { code, signal, stderr } = await ended;

      expect([code, signal, stderr]).toEqual([5, null, '']);
      expect(table.traces.size).toBe(CALLS);
    },
  );

  /**
   * Command that starts a program as process 1, as in a container. Undefined if the machine does not allow
   * `unshare`. If the program has no listener, SIGTERM does not end process 1.
   */
  const asProcess1 = [
    ['unshare', '--pid', '--fork', '--kill-child'],
    ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'],
  ].find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0);
  if (!asProcess1) process.stderr.write('SKIPPED: unshare is not allowed, so no program runs as process 1\n');
  /**
   * Programs that continue after SIGTERM. The first runs as process 1. In the second, `process.kill` sends no
   * signal.
   */
  const SURVIVORS = [
    ...(asProcess1 ? [['is process 1', 'process 1', asProcess1, 'kill(pid, name)'] as const] : []),
    ['sends itself no signal', 'ready', [], 'true'] as const,
  ];

  test.each(SURVIVORS)(
    'a program that %s writes records from before and after SIGTERM at once',
    async (_what, ready, startedBy, killed) => {
      const { child, ended, sent } = startProgram(
        `const kill = process.kill.bind(process);
        process.kill = (pid, name) => { const done = ${killed}; process.send('survived'); return done; };
        const one = requestId => tracker.record({ agentId: 'triage', modelId: 'amazon.nova-micro-v1:0', usage, requestId });
        process.on('message', one);
        one('before'); process.send(process.pid === 1 ? 'process 1' : 'ready'); await turns();
        kill(process.pid, 'SIGTERM'); stay();`,
        { startedBy, sink: 'putMetricData' },
      );
      await sent(ready);
      await sent('survived');
      child.send('after');
      await until(() => table.traces.size === 2 && sumOf('InvocationCount') === 2);
      child.send('later');
      await until(() => table.traces.size === 3 && sumOf('InvocationCount') === 3);
      child.kill('SIGKILL');
      const { signal, lines } = await ended;

      expect([...table.traces].map(key => key.split('#').at(-1))).toEqual(['before', 'after', 'later']);
      expect([signal, lines]).toEqual(['SIGKILL', []]);
    },
  );

  test('queued traces are delivered again at a second SIGTERM', async () => {
    const { child, sent } = startProgram(
      `let survived = 0;
      process.kill = () => { survived += 1; void turns().then(() => process.send('survived ' + survived)); return true; };
      record(1); process.send('ready'); stay();`,
    );
    await sent('ready');
    child.kill('SIGTERM');
    await sent('survived 1');
    child.kill('SIGTERM');
    await sent('survived 2');

    expect(child.signalCode).toBeNull();
  });

  test('queued traces count as dropped if the log is closed, and the process goes on', async () => {
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

  test('queued traces do not end a process that closes its log', async () => {
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

test('sends queued metrics at the end of the process', async () => {
  const { code, lines } = await runProgram(`${LET_GO} record(${CALLS});`, { sink: 'putMetricData' });

  expect([code, lines]).toEqual([0, []]);
  expect(sumOf('InvocationCount')).toBe(CALLS);
});

test('records a stream that is open at the end of the process as partial', async () => {
  const { code, lines } = await runProgram(`const stream = await openStream(); ${LET_GO}`);

  expect(code).toBe(0);
  expect([
    counted(lines, 'InvocationCount'),
    counted(lines, 'InvocationErrors'),
    table.traces.size + spilledIn(lines).length,
  ]).toEqual([1, 0, 1]);
});

test('records a forgotten stream when it is garbage-collected, but not while its iterator is in use', async () => {
  const { lines, stderr } = await runProgram(`
    const bedrock = client();
    await (async () => { const iterator = (await openStream(bedrock))[Symbol.asyncIterator](); await iterator.next(); globalThis.kept = iterator; })();
    await (async () => { await openStream(bedrock); })();
    for (let round = 0; round < 20 || tracker.summary().answered === 0; round += 1) { gc(); await turns(); }
    console.error(tracker.summary().answered);
    for (let step = await kept.next(); !step.done; step = await kept.next());
    console.error(tracker.summary().answered);
    ${LET_GO}`);

  expect(stderr).toBe('1\n2\n');
  expect(counted(lines, 'InvocationCount')).toBe(2);
  expect(counted(lines, 'InputTokens')).toBeGreaterThan(3702);
});

test('adds as many process listeners for a thousand trackers as for one', async () => {
  const { stderr } = await runProgram(`
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP'].reduce((sum, name) => sum + process.listenerCount(name), 0) + process.stdout.listenerCount('error');
    record(1); const one = count();
    for (let index = 0; index < 1000; index += 1) new TokenTracker({ sink: 'emf' }).record({ modelId: 'amazon.nova-micro-v1:0', usage });
    await turns();
    console.error(count() - one); ${LET_GO}`);

  expect(stderr).toBe('0\n');
});

describe('several copies of the package', () => {
  /** Program text with a function `copy`, which loads the runtime again, as a second bundle would do. */
  const COPIES = `
    process.on('warning', ({ name, message }) => name.startsWith('MaxListeners') && console.error(message));
    const copies = [];
    const copy = () => { delete require.cache[${JSON.stringify(RUNTIME)}]; copies.push(require(${JSON.stringify(RUNTIME)})); return copies.at(-1); };
    const recordWith = ({ TokenTracker }, requestId) => TokenTracker.fromEnvironment(process.env, { endpoint: process.env.TABLE, region: 'us-east-1' }).record({ agentId: 'triage', modelId: 'amazon.nova-micro-v1:0', usage, requestId });
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP'].map(name => process.listenerCount(name)).join();`;

  test('copies of the package share their listeners, and all deliver before SIGTERM ends the process', async () => {
    const { signal, lines, stderr } = await runProgram(
      `${COPIES} const before = count(); const formats = [await import(${JSON.stringify(MODULE)})];
      for (let made = 0; made < 12; made += 1) formats.push(copy());
      formats.forEach((runtime, index) => recordWith(runtime, 'copy' + index));
      console.error(before, count()); ${READY} stay();`,
      { signal: 'SIGTERM' },
    );

    expect(stderr).toBe('0,0,0,0,0 1,1,1,1,1\n');
    expect(signal).toBe('SIGTERM');
    expect([table.traces.size, spilledIn(lines).length]).toEqual([13, 0]);
  });

  test('copies of the package print a warning once, and leave no listener on standard error', async () => {
    table.fault = () => ({ status: 400, type: 'AccessDeniedException' });
    const { lines, stderr } = await runProgram(
      `${COPIES} for (let made = 0; made < 12; made += 1) recordWith(copy(), 'copy' + made); ${LET_GO}`,
    );

    expect(spilledIn(lines)).toHaveLength(12);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('Traces could not be written to Traces (AccessDeniedException)'),
    ]);
  });

  test('copies of the package use the listeners of another version that was loaded first', async () => {
    const { stderr } = await runProgram(
      `const waiting = new Set();
      const end = { waiting, heard: new Set(['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP']), added: 'later' };
      process[Symbol.for('cdk-token-analytics')] = new Map([['end', end]]);
      ${COPIES} recordWith(copy(), 'one');
      const before = count();
      await Promise.all([...waiting].map(one => one.flush({ deadlineMs: 10_000 })));
      console.error(before, waiting.size); ${LET_GO}`,
    );

    expect(stderr).toBe('0,0,0,0,0 0\n');
    expect([...table.traces]).toEqual([expect.stringMatching(/#one$/)]);
  });
});

test.each([
  ['is frozen', 'Object.freeze(process)'],
  ['has another value at the key', "process[Symbol.for('cdk-token-analytics')] = 5"],
])('records without shared state if the process object %s', async (_name, change) => {
  const { code, lines, stderr } = await runProgram(`
    ${LET_GO}
    delete require.cache[${JSON.stringify(RUNTIME)}];
    delete process[Symbol.for('cdk-token-analytics')];
    ${change};
    const copy = require(${JSON.stringify(RUNTIME)});
    const options = { endpoint: process.env.TABLE, region: 'us-east-1' };
    const one = copy.TokenTracker.fromEnvironment(process.env, options);
    await one.handler(async () => one.record({ modelId: 'amazon.nova-micro-v1:0', usage }))();`);

  expect([code, stderr]).toEqual([0, '']);
  expect([table.traces.size, counted(lines, 'InvocationCount')]).toEqual([1, 1]);
});

describe('open calls at the end of a process', () => {
  /**
   * Returns a program whose handler records 29 calls, makes two calls that never get an answer, and runs the
   * code `end`.
   */
  const handling = (end: string) => `
    const handler = tracker.handler(async () => {
      record(29);
      void tracker.track({ modelId: 'amazon.nova-micro-v1:0', agentId: 'triage' }, () => new Promise(() => undefined));
      void tracker.track({ modelId: 'amazon.nova-micro-v1:0', agentId: 'triage' }, () => new Promise(() => undefined));
      ${end}
      await new Promise(() => undefined);
    });
    void handler({}, { getRemainingTimeInMillis: () => 60000 });`;

  test.each([
    ['exits', 'process.exit(7);', 7],
    ['fails with an error', "setImmediate(() => { throw new Error('mine'); });", 1],
  ])('open calls of a handler run are in the log if the process %s', async (_what, end, wanted) => {
    const { code, lines } = await runProgram(handling(end));

    expect(code).toBe(wanted);
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(31);
    expect([counted(lines, 'InvocationCount'), counted(lines, 'InvocationErrors')]).toEqual([29, 2]);
  });

  test('open calls of a handler run are recorded if SIGTERM ends the process', async () => {
    const { signal, lines } = await runProgram(handling(`${READY} stay();`), { signal: 'SIGTERM' });

    expect(signal).toBe('SIGTERM');
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(31);
    expect([counted(lines, 'InvocationCount'), counted(lines, 'InvocationErrors')]).toEqual([29, 2]);
  });
});

test('delivers the data of other copies if a copy of another version fails', async () => {
  const { signal, lines, stderr } = await runProgram(
    `record(20);
    const { waiting } = process[Symbol.for('cdk-token-analytics')].get('end');
    const ours = [...waiting];
    waiting.clear();
    for (const one of [{ flush() { throw new Error('no'); } }, ...ours]) waiting.add(one);
    ${READY} stay();`,
    { signal: 'SIGTERM' },
  );

  expect([signal, stderr]).toEqual(['SIGTERM', '']);
  expect([table.traces.size, spilledIn(lines).length]).toEqual([20, 0]);
});
