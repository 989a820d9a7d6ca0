// Runs the fast suite on a busy machine: `node scripts/test-busy.mjs [arguments of jest …]`. Starts processes
// that keep the processor busy, and stops them when the suite ends or is interrupted.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './steps.mjs';

const HOGS = 20;
/**
 * Number of Jest workers. There are more workers than cores, so that each test gets a smaller share of a
 * core.
 */
const WORKERS = 8;
/** 20 times the usual timeout of a test. */
const TEST_TIMEOUT_MS = 1_200_000;

const hogs = Array.from({ length: HOGS }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
const endHogs = () => hogs.forEach(hog => hog.kill('SIGKILL'));
process.once('exit', endHogs);

console.log(`${HOGS} processes keep the machine busy: ${hogs.map(({ pid }) => pid).join(' ')}`);
const suite = spawn(
  process.execPath,
  [
    path.join(root, 'scripts', 'test.mjs'),
    'fast',
    '--testTimeout',
    String(TEST_TIMEOUT_MS),
    `--maxWorkers=${WORKERS}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    suite.kill(signal);
    process.exit(130);
  });
}
suite.once('close', code => process.exit(code ?? 1));
