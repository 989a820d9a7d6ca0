import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { READY, runProgram, startProgram, table } from '../../lambda/process/support';
import { spilledIn } from '../../support/faulty-table';

// The package `signal-exit`, which many tools for the command line load. It ends the process by a signal only
// if all listeners of the signal are its own.

const MODULES = path.join(__dirname, 'node_modules');
const CALLS = 40;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const isInstalled = existsSync(MODULES);
const testInstalled = isInstalled ? test : test.skip;

if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: signal-exit is not installed (npm ci --prefix test/system/signals), so no program with it is run\n',
  );
}

/** Code that loads a version, and calls back with the signal. */
const load = (version: 3 | 4, callback: string) => {
  const module = `require(${JSON.stringify(path.join(MODULES, `signal-exit-${version}`))})`;
  return version === 3 ? `${module}(${callback});` : `${module}.onExit(${callback});`;
};
const TELL = '(code, signal) => { process.stderr.write(`${signal} `); }';
const RECORD = `record(${CALLS});`;
const without = (version: 3 | 4) => `${load(version, TELL).replace(/;$/, '')}();`;

const PROGRAMS = (
  [
    ['version 3', load(3, TELL), ' '],
    ['version 4', load(4, TELL), ' '],
    ['both versions, 3 first', load(3, TELL) + load(4, TELL), ' '],
    ['both versions, 4 first', load(4, TELL) + load(3, TELL), ' '],
    ['version 3 whose callback is removed again', without(3), ''],
    ['version 4 whose callback is removed again', without(4), ''],
  ] as const
).flatMap(([what, code, told]) =>
  SIGNALS.flatMap(signal => [
    [what, 'before', signal, `${code} ${RECORD}`, told] as const,
    [what, 'after', signal, `${RECORD} ${code}`, told] as const,
  ]),
);

testInstalled.each(PROGRAMS)(
  '%s is loaded %s the first record: everything is written, and %s ends the program',
  async (_what, _when, name, body, told) => {
    const { code, signal, lines, stderr } = await runProgram(`${body} ${READY} stay();`, { signal: name });

    expect([code, signal]).toEqual([null, name]);
    expect([table.traces.size, spilledIn(lines).length]).toEqual([CALLS, 0]);
    expect(stderr.split(' ').filter(Boolean)).toEqual(told === '' ? [] : expect.arrayContaining([name]));
  },
);

testInstalled('a listener of the program beside signal-exit decides by itself', async () => {
  const { code, signal } = await runProgram(
    `${load(3, TELL)} ${load(4, TELL)} process.on('SIGTERM', () => process.exit(5)); ${RECORD} ${READY} stay();`,
    { signal: 'SIGTERM' },
  );

  expect([code, signal]).toEqual([5, null]);
});

testInstalled(
  'a listener of the program that is called once, before that of signal-exit: it ends by the signal',
  async () => {
    const { code, signal } = await runProgram(
      `process.once('SIGTERM', () => undefined); ${load(4, TELL)} ${RECORD} ${READY} stay();`,
      { signal: 'SIGTERM' },
    );

    expect([code, signal]).toEqual([null, 'SIGTERM']);
    expect(table.traces.size).toBe(CALLS);
  },
);

testInstalled('a program whose callback keeps it goes on, and the next signal is heard', async () => {
  const { child, ended, sent } = startProgram(
    `${load(4, "() => { setImmediate(() => process.send('kept')); return true; }")} ${RECORD} process.send('ready'); stay();`,
  );
  await sent('ready');
  child.kill('SIGTERM');
  await sent('kept');
  child.kill('SIGTERM');
  const { signal, lines } = await ended;

  expect(signal).toBe('SIGTERM');
  expect(new Set([...table.traces, ...spilledIn(lines)]).size).toBe(CALLS);
});
