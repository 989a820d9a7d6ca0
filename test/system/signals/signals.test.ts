// Tests programs with the npm package `signal-exit`, which many command-line tools use. If a signal has other
// listeners, `signal-exit` does not end the process.
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { READY, runProgram, startProgram, table } from '../../lambda/process/support';
import { spilledIn } from '../../support/faulty-table';

const MODULES = path.join(__dirname, 'node_modules');
const CALLS = 40;
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const isInstalled = existsSync(MODULES);
const testInstalled = isInstalled ? test : test.skip;

if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: signal-exit is not installed (npm ci --prefix test/system/signals), so it is not tested\n',
  );
}

/** Returns code that loads a version of signal-exit. When the program ends, signal-exit calls `callback`. */
const load = (version: 3 | 4, callback: string) => {
  const module = `require(${JSON.stringify(path.join(MODULES, `signal-exit-${version}`))})`;
  return version === 3 ? `${module}(${callback});` : `${module}.onExit(${callback});`;
};
const PRINT_SIGNAL = '(code, signal) => { process.stderr.write(`${signal} `); }';
const RECORD = `record(${CALLS});`;
const without = (version: 3 | 4) => `${load(version, PRINT_SIGNAL).replace(/;$/, '')}();`;

const PROGRAMS = (
  [
    ['version 3', load(3, PRINT_SIGNAL), ' '],
    ['version 4', load(4, PRINT_SIGNAL), ' '],
    ['both versions, 3 first', load(3, PRINT_SIGNAL) + load(4, PRINT_SIGNAL), ' '],
    ['both versions, 4 first', load(4, PRINT_SIGNAL) + load(3, PRINT_SIGNAL), ' '],
    ['version 3 whose callback is removed again', without(3), ''],
    ['version 4 whose callback is removed again', without(4), ''],
  ] as const
).flatMap(([version, code, callbackSignal]) =>
  SIGNALS.flatMap(signal => [
    [version, 'before', signal, `${code} ${RECORD}`, callbackSignal] as const,
    [version, 'after', signal, `${RECORD} ${code}`, callbackSignal] as const,
  ]),
);

testInstalled.each(PROGRAMS)(
  'with %s loaded %s the first record, everything is written and %s ends the program',
  async (_version, _position, name, body, callbackSignal) => {
    const { code, signal, lines, stderr } = await runProgram(`${body} ${READY} stay();`, { signal: name });

    expect([code, signal]).toEqual([null, name]);
    expect([table.traces.size, spilledIn(lines).length]).toEqual([CALLS, 0]);
    expect(stderr.split(' ').filter(Boolean)).toEqual(
      callbackSignal === '' ? [] : expect.arrayContaining([name]),
    );
  },
);

testInstalled(
  'a listener of the program in addition to signal-exit decides how the program ends',
  async () => {
    const { code, signal } = await runProgram(
      `${load(3, PRINT_SIGNAL)} ${load(4, PRINT_SIGNAL)} process.on('SIGTERM', () => process.exit(5)); ${RECORD} ${READY} stay();`,
      { signal: 'SIGTERM' },
    );

    expect([code, signal]).toEqual([5, null]);
  },
);

testInstalled(
  'a program with its own one-time listener before that of signal-exit ends by the signal',
  async () => {
    const { code, signal } = await runProgram(
      `process.once('SIGTERM', () => undefined); ${load(4, PRINT_SIGNAL)} ${RECORD} ${READY} stay();`,
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
