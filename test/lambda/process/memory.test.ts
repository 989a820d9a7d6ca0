import { closeSync, openSync } from 'node:fs';
import { runProgram } from './support';

/** Heap limit of the program. 30,000 traces would need more than twice as much if all were kept in memory. */
const HEAP_MB = 64;

test('records 30,000 invocations in a loop without a pause within the memory limit', async () => {
  const log = openSync('/dev/null', 'w');
  const { code, stderr } = await runProgram(
    'await tracker.handler(async () => record(30_000))(); process.disconnect();',
    { stdout: log, startedBy: ['env', `NODE_OPTIONS=--max-old-space-size=${HEAP_MB}`] },
  ).finally(() => closeSync(log));

  expect([code, stderr]).toEqual([0, '']);
});
