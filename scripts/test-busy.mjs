// Runs the fast tests on a busy machine, to find tests that depend on speed. Usage:
// `node scripts/test-busy.mjs [arguments of jest …]`. Other processes keep the processor busy until the
// tests end or are interrupted.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './steps.mjs';

const HOGS = 20;
/**
 * Number of processes in which Jest runs tests. It is higher than the number of cores, so that tests get
 * slower.
 */
const WORKERS = 8;
/** Timeout of each test. It is 20 times the usual timeout, because the machine is slow. */
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
