// Runs the tests and programs in `user` with the packed package. They use Jest, fake timers or the middy
// framework.
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { REPOSITORY, run } from '../../support/run';
import { NODES } from '../bundles/app';
import { installPacked } from '../package/packed';

const MODULES = path.join(REPOSITORY, 'node_modules');
const MIDDY = path.join(__dirname, '..', 'bundles', 'node_modules', '@middy');
let scratch: string;

if (!existsSync(MIDDY)) {
  process.stderr.write(
    'SKIPPED: middy is not installed (npm ci --prefix test/system/bundles), so its handlers are not tested\n',
  );
}

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-frameworks-'));
  await installPacked(scratch);
  cpSync(path.join(__dirname, 'user'), scratch, { recursive: true });
  if (existsSync(MIDDY)) symlinkSync(MIDDY, path.join(scratch, 'node_modules', '@middy'));
  symlinkSync(path.join(MODULES, '@sinonjs'), path.join(scratch, 'node_modules', '@sinonjs'));
  writeFileSync(
    path.join(scratch, 'jest.config.js'),
    'module.exports = { transform: {}, testTimeout: 60_000 };',
  );
}, 240_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const environment = (changes: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  NODE_NO_WARNINGS: '1',
  ...changes,
});

const runJest = (file: string, ...args: string[]) =>
  run(process.execPath, [path.join(MODULES, 'jest', 'bin', 'jest.js'), '--ci', '-w', '1', file, ...args], {
    cwd: scratch,
    env: environment(),
  });

describe('Jest', () => {
  test.each(['delivery.test.js', 'fake-timers.test.js'])('%s passes in Jest', async file => {
    const { code, stderr } = await runJest(file);

    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Tests: +\d+ passed, \d+ total$/m)]);
  });

  test('fake-timers.test.js passes in Jest with timers faked by the configuration', async () => {
    const { code, stderr } = await runJest('fake-timers.test.js', '--fakeTimers={"enableGlobally":true}');

    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Tests: +\d+ passed, \d+ total$/m)]);
  });
});

test.each(NODES.flatMap(([name, node]) => ['before', 'after'].map(loaded => [name, loaded, node] as const)))(
  '%s: a handler works with timers faked for the process, if the runtime is loaded %s',
  async (_name, loaded, node) => {
    const { code, stdout } = await run(node, ['--test', 'fake-timers.mjs'], {
      cwd: scratch,
      env: environment({ LOADED: loaded }),
    });

    expect([code, stdout]).toEqual([0, expect.stringMatching(/^(?:#|ℹ) pass 8$/m)]);
  },
);

test.each(NODES.flatMap(([name, node]) => ['before', 'after'].map(loaded => [name, loaded, node] as const)))(
  '%s: a handler works with all timers and queues and standard output faked, if the runtime is loaded %s',
  async (_name, loaded, node) => {
    const { code, stderr } = await run(node, ['whole-fakes.mjs'], {
      cwd: scratch,
      env: environment({ LOADED: loaded }),
    });

    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('{"mock.timers":"answer","fake-timers":"answer"}'),
    ]);
  },
);

(existsSync(MIDDY) ? test : test.skip)(
  'a middy handler is tracked inside or outside its middleware',
  async () => {
    const { code, stdout } = await run(process.execPath, ['middy.mjs'], { cwd: scratch, env: environment() });
    const lines = stdout.split('\n');

    expect(code).toBe(0);
    expect(lines).toEqual(
      expect.arrayContaining(['inside, answer, before, after', 'outside, answer, before, after']),
    );
    expect(lines.filter(line => line.includes('token usage'))).toHaveLength(2);
    expect(lines.filter(line => line.startsWith('{"_aws"'))).toHaveLength(2);
  },
);
