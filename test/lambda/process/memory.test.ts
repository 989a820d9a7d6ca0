import { closeSync, openSync } from 'node:fs';
import { runProgram } from './support';

/** Thirty thousand traces need more than twice as much if each waits for its line to be written. */
const HEAP_MB = 64;

test('a loop that records 30,000 invocations without a pause does not run out of memory', async () => {
  const log = openSync('/dev/null', 'w');
  const { code, stderr } = await runProgram(
    'await tracker.handler(async () => record(30_000))(); process.disconnect();',
    { stdout: log, startedBy: ['env', `NODE_OPTIONS=--max-old-space-size=${HEAP_MB}`] },
  ).finally(() => closeSync(log));

  expect([code, stderr]).toEqual([0, '']);
});
