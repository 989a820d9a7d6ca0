import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { REPOSITORY, run, runOk } from '../../support/run';

const FILES: Readonly<Record<string, string>> = {
  'src/good.ts': '/** Returns the rollup of a day. */\nexport const rollupOf = () => 1;\n',
  'src/bad.ts': `/** Returns one value. */
export const one = 1;

/**
 * Returns another.
 *
 * @throws where it is mended
 */
export function sealDay(): never {
  throw new Error('It must have a mend here');
}
`,
  'test/a.test.ts': "test('the mend of a test', () => undefined);\n",
  'README.md': '# Title\n\nA paragraph with\na mend in it, and recieved words.\n',
  'API.md': 'A mend.\n',
  'ignored/a.ts': '// A mend.\n',
  '.gitignore': 'ignored/\nnode_modules\n',
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'prose-'));
  for (const [file, text] of Object.entries(FILES)) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  for (const part of ['prose', 'steps.mjs', 'sample-comments', 'sample-comments.mjs']) {
    await cp(path.join(REPOSITORY, 'scripts', part), path.join(folder, 'scripts', part), { recursive: true });
  }
  await symlink(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
  await runOk('git', ['init', '-q', folder]);
});
afterAll(() => rm(folder, { recursive: true }));

const check = (...args: readonly string[]) =>
  run(process.execPath, [path.join(folder, 'scripts/prose/check.mjs'), ...args]);
const placesIn = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -2)
    .map(line => line.split(': ')[0]);

test('reports the place of each finding in the source, and exits with 1', async () => {
  const { code, stdout } = await check('src', 'test', 'README.md', 'API.md');

  expect(placesIn(stdout)).toEqual([
    'README.md:4:3 words',
    'README.md:4:19 spelling',
    'src/bad.ts:7:12 openings',
    'src/bad.ts:7:24 words',
    'src/bad.ts:9:17 names',
    'src/bad.ts:10:35 words',
    'test/a.test.ts:1:11 words',
  ]);
  expect(stdout).toMatch(/^prose: 7 findings in 5 files \(\d+ s\)$/m);
  expect(code).toBe(1);
});

test('exits with 0 if there are no findings, and with 2 if a file or folder does not exist', async () => {
  const [good, missing] = await Promise.all([check('src/good.ts'), check('src/missing.ts')]);

  expect(good).toMatchObject({ code: 0, stderr: '' });
  expect(missing).toEqual({
    code: 2,
    stdout: '',
    stderr: 'prose: src/missing.ts must be a file or folder of the project\n',
  });
});

test('counts findings by rule and tree', async () => {
  const { stdout } = await check('--counts', 'src', 'test', 'README.md');

  expect(stdout).toMatch(/^\| rule \| src \| lambda \|.* docs \| all \|$/m);
  expect(stdout).toMatch(/^\| words: fix \| 2 \|(?: {2}\|){6} 1 \|(?: {2}\|){2} 1 \| 4 \|$/m);
  expect(stdout).toMatch(/^\| names \| 1 \|/m);
});

describe('the sample of comments', () => {
  const sample = (...args: readonly string[]) => run(path.join(folder, 'scripts/sample-comments'), args);

  test('the sample contains places, comments and declarations, and is the same for the same seed', async () => {
    const [first, second, all] = await Promise.all([
      sample('--seed', '7', '--count', '1', 'src'),
      sample('--seed', '7', '--count', '1', 'src'),
      sample('--seed', '7', '--count', '9', 'src'),
    ]);

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(second).toEqual(first);
    expect(first.stdout).toMatch(/^1\. src\/\w+\.ts:\d+$[^]*^Seed 7: 1 of 3 comments$/m);
    expect(all.stdout).toContain(
      'src/good.ts:1\n    /** Returns the rollup of a day. */\n    export const rollupOf = () => 1;\n',
    );
    expect(all.stdout).toMatch(/src\/bad\.ts:4$[^]* {4}export function sealDay\(\): never$/m);
    expect(all.stdout).toContain('Seed 7: 3 of 3 comments\n');
  });

  test('samples with different seeds differ', async () => {
    const drawn = await Promise.all(
      ['1', '2', 'one'].map(
        async seed => (await sample('--seed', seed, '--count', '1', 'src')).stdout.split('\n', 1)[0],
      ),
    );

    expect(new Set(drawn).size).toBeGreaterThan(1);
  });

  test.each([
    ['no seed', ['--count', '1'], '--seed must be given'],
    ['a count of 0', ['--seed', '1', '--count', '0'], '--count must be a whole number from 1, got: 0'],
    ['a missing place', ['--seed', '1', '--count', '1', 'missing'], 'missing must be a file or folder'],
  ])('the sample of comments refuses %s', async (_what, args, message) => {
    const { code, stderr } = await sample(...args);

    expect([code, stderr]).toEqual([2, expect.stringContaining(`sample-comments: ${message}`)]);
  });
});
