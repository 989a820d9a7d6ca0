import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  pack,
  type Packed,
  REPORTS_LOADS,
  REPORTS_OUTPUT,
  runScript,
  RUNTIME_LOADS,
  RUNTIME_OUTPUT,
  SYNTHESISE,
  SYNTHESISED,
  writePackageJson,
} from './packed';
import { LATE_MODULES, REQUIRED_FOLDER } from '../../../src/private/entry-points';
import { REPOSITORY, runOk } from '../../support/run';

/** Maximum bytes of the files in the tarball, without those of the `token-analytics` command. */
const MAX_LIBRARY_BYTES = 3_700_000;
const MAX_COMMAND_BYTES = 2_100_000;
const CHARTS = 'lib/cli/page/charts.mjs';
/** Maximum bytes of two built files. With a bundled AWS SDK, each would be 560 KB larger. */
const MAX_ENTRY_POINT_BYTES = { 'lib/runtime/index.js': 176 * 1024, 'lib/reports/index.js': 176 * 1024 };
/** Matches the paths of files that the published package may contain. */
const SHIPPED = /^(?:lib\/.+|assets\/.+|\.jsii|\.jsii\.gz|LICENSE|README\.md|package\.json)$/;

let scratch: string;
let packed: Packed;

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-pack-'));
  packed = await pack(scratch);
  writePackageJson(scratch);
  const linked = ['aws-cdk-lib', 'constructs'].map(
    name => `file:${path.join(REPOSITORY, 'node_modules', name)}`,
  );
  await runOk(
    'npm',
    [
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--install-links=false',
      path.join(scratch, packed.filename),
      ...linked,
    ],
    { cwd: scratch },
  );
}, 240_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const binary = (name: string) => path.join(REPOSITORY, 'node_modules', '.bin', name);

describe('the packed tarball', () => {
  test('the tarball contains the built files and no files for development', () => {
    const paths = packed.files.map(file => file.path);

    expect(paths).toEqual(
      expect.arrayContaining([
        '.jsii',
        '.jsii.gz',
        'LICENSE',
        'README.md',
        'lib/index.js',
        'lib/index.d.ts',
        'lib/runtime/index.js',
        'lib/runtime/index.mjs',
        'lib/runtime/index.d.ts',
        'lib/runtime/index.d.mts',
        'assets/aws/metric-data.mjs',
        'assets/aws/profile-lookup.mjs',
        'assets/aws/trace-table.mjs',
        'lib/runtime/THIRD-PARTY-NOTICES.txt',
        'assets/aws/budget-alert.mjs',
        'assets/THIRD-PARTY-NOTICES.txt',
        'lib/reports/index.js',
        'lib/reports/index.mjs',
        'lib/reports/index.d.ts',
        'lib/reports/index.d.mts',
        'lib/reports/THIRD-PARTY-NOTICES.txt',
        'assets/aws/usage-source.mjs',
        'assets/aws/billed-costs.mjs',
        ...Object.keys(LATE_MODULES).map(name => `${REQUIRED_FOLDER}/${name}.cjs`),
        'lib/cli/index.js',
        'lib/cli/main.mjs',
        'lib/cli/schema.json',
        'lib/cli/page/app.js',
        'lib/cli/page/style.css',
        CHARTS,
        'lib/cli/THIRD-PARTY-NOTICES.txt',
      ]),
    );
    expect(paths.filter(file => !SHIPPED.test(file))).toEqual([]);
  });

  test('the unpacked tarball has less than 3.7 MB without the command, and the command less than 2.1 MB', () => {
    const bytesOf = (matches: (file: string) => boolean) =>
      packed.files.filter(file => matches(file.path)).reduce((sum, file) => sum + file.size, 0);
    const isCommand = (file: string) => file.startsWith('lib/cli/');

    expect(bytesOf(file => !isCommand(file))).toBeLessThan(MAX_LIBRARY_BYTES);
    expect(bytesOf(file => isCommand(file) && file !== CHARTS)).toBeLessThan(MAX_COMMAND_BYTES);
  });

  test('the entry points do not contain the AWS SDK', () => {
    const sizes = Object.fromEntries(packed.files.map(({ path: file, size }) => [file, size]));

    for (const [file, most] of Object.entries(MAX_ENTRY_POINT_BYTES)) {
      expect(sizes[file]).toBeLessThan(most);
    }
  });

  test('the tarball omits other files in the folder, such as .env', async () => {
    const stray = path.join(REPOSITORY, '.env.tarball-test');
    writeFileSync(stray, 'SECRET=1');
    try {
      const [{ files }] = JSON.parse(await runOk('npm', ['pack', '--json', '--dry-run'])) as [Packed];

      expect(files.map(file => file.path).filter(file => !SHIPPED.test(file))).toEqual([]);
    } finally {
      rmSync(stray);
    }
  });

  test('publint has no warning about package.json', async () => {
    const tarball = path.join(scratch, packed.filename);

    const options = ['run', tarball, '--strict', '--level', 'warning'];
    await expect(runOk(binary('publint'), options, { cwd: scratch })).resolves.toContain('All good!');
  });

  test('attw resolves the types in all module modes', async () => {
    const tarball = path.join(scratch, packed.filename);
    // `./.jsii` is excluded, because it is a JSON file for other languages, not a module.
    const options = ['--exclude-entrypoints', './.jsii', '--format', 'json'];
    const { analysis } = JSON.parse(await runOk(binary('attw'), [tarball, ...options], { cwd: scratch })) as {
      analysis: { problems: object[]; entrypoints: object };
    };

    expect(analysis.problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toEqual(
      expect.arrayContaining(['.', './runtime', './reports']),
    );
  });

  test('the constructs synthesise in an app without esbuild and Docker', async () => {
    expect(JSON.parse(await runScript(scratch, SYNTHESISE))).toEqual(expect.arrayContaining(SYNTHESISED));
  });

  test.each(RUNTIME_LOADS)(
    'the runtime can be %s without aws-cdk-lib and the AWS SDK',
    async (_how, script) => {
      expect((await runScript(scratch, script)).trim()).toBe(RUNTIME_OUTPUT);
    },
  );

  test.each([
    ['node16', { module: 'node16', moduleResolution: 'node16' }, 'consumer.cts'],
    ['node16, ESM', { module: 'node16', moduleResolution: 'node16' }, 'consumer.mts'],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }, 'consumer.ts'],
  ])('the types resolve with %s', async (_name, compilerOptions, file) => {
    writeFileSync(
      path.join(scratch, file),
      `
      import { CostCalculator, TokenTracker, extractUsage, type TokenUsage } from 'cdk-token-analytics/runtime';
      const usage: TokenUsage | undefined = extractUsage({ operation: 'Converse', modelId: 'm', response: {} });
      export const cost: bigint | undefined = usage && new CostCalculator().calculate(usage, { modelId: 'm' })?.picoUsd;
      export const tracker: TokenTracker = TokenTracker.fromEnvironment();
    `,
    );
    writeFileSync(
      path.join(scratch, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...compilerOptions,
          strict: true,
          noEmit: true,
          target: 'es2022',
          lib: ['es2022'],
          types: [],
          skipLibCheck: false,
        },
        files: [file],
      }),
    );

    await expect(
      runOk(
        process.execPath,
        [path.join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
        { cwd: scratch },
      ),
    ).resolves.toBe('');
  });

  test.each(REPORTS_LOADS)('the reports can be %s and query the table', async (_name, script) => {
    expect((await runScript(scratch, script)).trim()).toBe(REPORTS_OUTPUT);
  });

  test('the types of the reports compile in Node.js programs', async () => {
    writeFileSync(
      path.join(scratch, 'reports.mts'),
      `
      import { createWriteStream } from 'node:fs';
      import { type DailyReport, type ForecastReport, UsageReports } from 'cdk-token-analytics/reports';
      const reports: UsageReports = new UsageReports({ tableName: 'Traces', timeZone: 'Asia/Kolkata' });
      const daily: DailyReport = await reports.daily({ from: '2026-11-01', to: '2026-11-02' }, { reprice: { customPrices: { 'm*': { input: 1, output: 2 } } } });
      export const cost: bigint = daily.total.cost.picoUsd;
      export const forecast: ForecastReport = await reports.forecast(28, 7);
      export const rows: number = (await reports.export('2026-11-01', 'csv', createWriteStream('x.csv'))).rows;
      export const drift: number | undefined = (await reports.reconcile('2026-11-01')).total.drift.percent;
    `,
    );
    writeFileSync(
      path.join(scratch, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'node16',
          moduleResolution: 'node16',
          strict: true,
          noEmit: true,
          target: 'es2022',
          lib: ['es2022'],
          skipLibCheck: false,
          typeRoots: [path.join(REPOSITORY, 'node_modules', '@types')],
          types: ['node'],
        },
        files: ['reports.mts'],
      }),
    );

    await expect(
      runOk(
        process.execPath,
        [path.join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
        { cwd: scratch },
      ),
    ).resolves.toBe('');
  });

  test.each(['token-analytics', 'cdk-token-analytics'])('the command is available as %s', async name => {
    const command = path.join(scratch, 'node_modules', '.bin', name);
    const prices = JSON.parse(
      await runOk(command, ['prices', 'amazon.nova-micro-v1:0', '--json'], { cwd: scratch }),
    ) as object;

    expect(JSON.stringify(prices)).toContain('nova-micro');
    await expect(runOk(command, ['--help'], { cwd: scratch })).resolves.toContain('Usage: token-analytics');
  });
});
