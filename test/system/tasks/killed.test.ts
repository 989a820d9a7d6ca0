import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOSITORY } from '../../support/run';

/**
 * Rows with a projen task, its arguments, a pattern for the command of a child process, and the value of the
 * variable `BUILT`. With the value 1, `test` builds nothing. If the child process is killed, the task must
 * fail.
 */
const CASES = [
  ['lint', ['examples'], /bin\/prettier/, '0'],
  ['lint', ['examples'], /bin\/eslint/, '0'],
  ['compile', [], /bin\/jsii/, '0'],
  ['build:runtime', [], /build\.mjs runtime/, '0'],
  ['build:runtime', [], /bin\/tsc/, '0'],
  ['test', ['test/boundaries.test.ts'], /bin\/tsc -p tsconfig\.all\.json/, '0'],
  ['test', ['test/boundaries.test.ts'], /bin\/jest/, '1'],
] as const;
const POLL_MS = 20;

let checkout: string;

// Copies the repository, because the tasks would overwrite files that other tests use.
beforeAll(() => {
  checkout = mkdtempSync(path.join(tmpdir(), 'token-analytics-tasks-'));
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  for (const file of stdout
    .split('\0')
    .filter(name => name !== '' && existsSync(path.join(REPOSITORY, name)))) {
    mkdirSync(path.join(checkout, path.dirname(file)), { recursive: true });
    cpSync(path.join(REPOSITORY, file), path.join(checkout, file), { errorOnExist: false });
  }
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(checkout, 'node_modules'));
  spawnSync('git', ['init', '--quiet'], { cwd: checkout });
});

afterAll(() => rmSync(checkout, { recursive: true, force: true }));

/** Returns the id and the command line of all processes that `root` started, directly or indirectly. */
function descendantsOf(root: number): { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const rows = stdout.split('\n').flatMap(line => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const below = (parent: number): typeof rows =>
    rows.filter(row => row.parent === parent).flatMap(row => [row, ...below(row.pid)]);
  return below(root);
}

test.each(CASES)(
  '%s %j fails when its child %s is killed',
  async (task, args, child, BUILT) => {
    const projen = path.join(checkout, 'node_modules', 'projen', 'bin', 'projen');
    const run = spawn(process.execPath, [projen, task, ...args], {
      cwd: checkout,
      stdio: 'pipe',
      env: { ...process.env, BUILT },
    });
    let output = '';
    run.stdout.on('data', chunk => (output += chunk));
    run.stderr.on('data', chunk => (output += chunk));
    const ended = once(run, 'close') as Promise<[number | null]>;
    let killed = false;
    while (!killed && run.exitCode === null) {
      // Looks only for processes of node, because the command of a shell can also match `child`.
      const found = descendantsOf(run.pid as number).find(
        ({ command }) => /^\S*node\b/.test(command) && child.test(command),
      );
      if (found) killed = process.kill(found.pid, 'SIGKILL');
      else await sleep(POLL_MS);
    }
    const [code] = await ended;

    if (!killed) throw new Error(`${task} must have the child ${child}, but ended with ${code}:\n${output}`);
    expect(code).toBeGreaterThan(0);
  },
  600_000,
);
