import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import * as path from 'node:path';
import { cloudWatch, counted, LET_GO, READY, runProgram, RUNTIME, startProgram, table } from './support';
import { spilledIn } from '../../support/faulty-table';
import { until } from '../../support/held-clock';
import { REPOSITORY } from '../../support/run';

const MODULE = path.join(REPOSITORY, 'lib', 'runtime', 'index.mjs');
const CALLS = 40;

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

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
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

  /** Listeners of programs and libraries that end the process, some only if no other listener is left. */
  const COUNTING: readonly (readonly [
    what: string,
    add: string,
    wanted: readonly [number | null, string | null],
  ])[] = [
    [
      'ends it if it is the only one',
      "process.on('SIGTERM', () => { if (process.listeners('SIGTERM').length === 1) process.exit(5); });",
      [5, null],
    ],
    [
      'hears it once, and sends it again',
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
    'is told SIGTERM, and a listener that %s came %s the tracker: it ends as without the tracker',
    async (_what, _when, body, wanted) => {
      const { code, signal, lines } = await runProgram(`${body} ${READY} stay();`, { signal: 'SIGTERM' });

      expect([code, signal]).toEqual(wanted);
      expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(CALLS);
      expect(counted(lines, 'InvocationCount')).toBe(CALLS);
    },
  );

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'ignores %s on purpose: they are written, it goes on, and its own listeners hear each signal once',
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

  /** Command that makes a program process 1, which SIGTERM does not end; undefined if it is not allowed. */
  const asProcess1 = [
    ['unshare', '--pid', '--fork', '--kill-child'],
    ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child'],
  ].find(([command, ...args]) => spawnSync(command, [...args, 'true']).status === 0);
  if (!asProcess1) process.stderr.write('SKIPPED: unshare is not allowed, so no program runs as process 1\n');
  /** Programs that survive SIGTERM: one in a PID namespace of its own, or one that sends itself no signal. */
  const SURVIVORS = [
    ...(asProcess1 ? [['is process 1', 'process 1', asProcess1, 'kill(pid, name)'] as const] : []),
    ['sends itself no signal', 'ready', [], 'true'] as const,
  ];

  test.each(SURVIVORS)(
    '%s, and SIGTERM does not end it: what is recorded before and after is written without waiting',
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

  test('was told to end, and hears a second SIGTERM: what waits is delivered again', async () => {
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
    for (let round = 0; round < 20 || tracker.summary().answered === 0; round += 1) { gc(); await turns(); }
    console.error(tracker.summary().answered);
    for (let step = await kept.next(); !step.done; step = await kept.next());
    console.error(tracker.summary().answered);
    ${LET_GO}`);

  expect(stderr).toBe('1\n2\n');
  expect(counted(lines, 'InvocationCount')).toBe(2);
  expect(counted(lines, 'InputTokens')).toBeGreaterThan(3702);
});

test('listeners of the process are as many after a thousand trackers as after one', async () => {
  const { stderr } = await runProgram(`
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP'].reduce((sum, name) => sum + process.listenerCount(name), 0) + process.stdout.listenerCount('error');
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
    const count = () => ['beforeExit', 'exit', 'SIGTERM', 'SIGINT', 'SIGHUP'].map(name => process.listenerCount(name)).join();`;

  test('have one set of listeners, and are all delivered before SIGTERM ends the process', async () => {
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

    expect(stderr).toBe('0,0,0,0,0 0\n');
    expect([...table.traces]).toEqual([expect.stringMatching(/#one$/)]);
  });
});

test.each([
  ['is frozen', 'Object.freeze(process)'],
  ['has something else at the key', "process[Symbol.for('cdk-token-analytics')] = 5"],
])('records without shared state where the process %s', async (_name, change) => {
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

describe('calls that are open in a handler run', () => {
  /** Records 29 calls in a handler, makes two that the model does not answer, and ends the process. */
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
    ['dies of an error', "setImmediate(() => { throw new Error('mine'); });", 1],
  ])('are on the log where the process %s', async (_what, end, wanted) => {
    const { code, lines } = await runProgram(handling(end));

    expect(code).toBe(wanted);
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(31);
    expect([counted(lines, 'InvocationCount'), counted(lines, 'InvocationErrors')]).toEqual([29, 2]);
  });

  test('are recorded where SIGTERM ends the process', async () => {
    const { signal, lines } = await runProgram(handling(`${READY} stay();`), { signal: 'SIGTERM' });

    expect(signal).toBe('SIGTERM');
    expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(31);
    expect([counted(lines, 'InvocationCount'), counted(lines, 'InvocationErrors')]).toEqual([29, 2]);
  });
});

test('data of other copies is delivered where one of another version fails', async () => {
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
