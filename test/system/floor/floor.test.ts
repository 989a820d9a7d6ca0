import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { foreignTypes, readAssembly } from './assembly';
import { dependencies } from './package.json';
import { peerDependencies } from '../../../package.json';
import { REPOSITORY, runOk } from '../../support/run';
import {
  pack,
  REPORTS_LOADS,
  REPORTS_OUTPUT,
  runScript,
  RUNTIME_LOADS,
  RUNTIME_OUTPUT,
  SYNTHESISE,
  SYNTHESISED,
  writePackageJson,
} from '../package/packed';

const PEERS = ['aws-cdk-lib', 'constructs'] as const;
const folderOf = (peer: string) => path.join(__dirname, 'node_modules', peer);
const isInstalled = PEERS.every(peer => existsSync(folderOf(peer)));
if (!isInstalled) {
  process.stderr.write('SKIPPED: run npm ci --prefix test/system/floor to test the oldest supported peers\n');
}
const testInstalled = isInstalled ? test : test.skip;

test('the ranges of the peers begin at the tested versions', () => {
  expect(peerDependencies).toEqual(Object.fromEntries(PEERS.map(peer => [peer, `^${dependencies[peer]}`])));
});

describe('types of the public API', () => {
  testInstalled('all types of the peers in the public API exist in their oldest supported versions', () => {
    const known = new Set(PEERS.flatMap(peer => Object.keys(readAssembly(folderOf(peer)).types)));
    const named = foreignTypes(readAssembly(REPOSITORY), PEERS);

    expect([...named].filter(name => !known.has(name))).toEqual([]);
    // The test would find a type that is too new.
    expect(known.has('aws-cdk-lib.IPolicyValidationPlugin')).toBe(false);
    expect([...named]).toEqual(
      expect.arrayContaining(['aws-cdk-lib.aws_lambda.Function', 'constructs.Construct']),
    );
  });

  test('the types of members, base classes and interfaces are found', () => {
    const types = {
      'own.Class': {
        base: 'constructs.Construct',
        interfaces: ['aws-cdk-lib.IPlugin', 'own.IOther'],
        methods: [{ parameters: [{ type: { union: { types: [{ fqn: 'aws-cdk-lib.Option' }] } } }] }],
        properties: [{ type: { collection: { elementtype: { fqn: 'aws-cdk-lib.Element' } } } }],
      },
    };

    expect([...foreignTypes({ types }, PEERS)].sort()).toEqual([
      'aws-cdk-lib.Element',
      'aws-cdk-lib.IPlugin',
      'aws-cdk-lib.Option',
      'constructs.Construct',
    ]);
  });
});

describe('the packed tarball beside the oldest supported peers', () => {
  let scratch: string;

  beforeAll(async () => {
    if (!isInstalled) return;
    scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-floor-'));
    const { filename } = await pack(scratch);
    writePackageJson(scratch);
    // Fails if the peers are older than the ranges in package.json.
    await runOk(
      'npm',
      [
        'install',
        '--offline',
        '--no-audit',
        '--no-fund',
        '--install-links=false',
        path.join(scratch, filename),
        ...PEERS.map(peer => `file:${folderOf(peer)}`),
      ],
      { cwd: scratch },
    );
  }, 240_000);

  afterAll(() => {
    if (isInstalled) rmSync(scratch, { recursive: true, force: true });
  });

  testInstalled('the constructs synthesise if they are required', async () => {
    expect(JSON.parse(await runScript(scratch, SYNTHESISE))).toEqual(expect.arrayContaining(SYNTHESISED));
  });

  testInstalled('the constructs synthesise if they are imported', async () => {
    const source = SYNTHESISE.source
      .replace(/const (\{[^}]+\}) = require\('aws-cdk-lib'\)/, "import $1 from 'aws-cdk-lib'")
      .replace(
        /const (\{[^}]+\}) = require\('cdk-token-analytics'\)/,
        "import $1 from 'cdk-token-analytics'",
      );
    expect(source).not.toContain('require');

    expect(JSON.parse(await runScript(scratch, { name: 'app.mjs', source }))).toEqual(
      expect.arrayContaining(SYNTHESISED),
    );
  });

  testInstalled('the dimension check fails the synthesis of an app', async () => {
    const source = `
      const { App, Stack } = require('aws-cdk-lib');
      const { Metric } = require('aws-cdk-lib/aws-cloudwatch');
      const { TokenDimensionCheck } = require('cdk-token-analytics');
      const app = new App();
      const metric = new Metric({ namespace: 'OPX/Analytics', metricName: 'TotalCost', dimensionsMap: { Tenant: 'a' } });
      metric.createAlarm(new Stack(app, 'Stack'), 'Alarm', { threshold: 1, evaluationPeriods: 1 });
      TokenDimensionCheck.applyTo(app);
      try { app.synth(); } catch (error) { console.log(error.message); }
    `;

    expect(await runScript(scratch, { name: 'check.js', source })).toContain(
      "[Stack/Alarm/Resource] `Properties.Dimensions` names dimension 'Tenant'",
    );
  });

  testInstalled.each(RUNTIME_LOADS)('the runtime can be %s', async (_how, script) => {
    expect((await runScript(scratch, script)).trim()).toBe(RUNTIME_OUTPUT);
  });

  testInstalled.each(REPORTS_LOADS)('the reports can be %s', async (_how, script) => {
    expect((await runScript(scratch, script)).trim()).toBe(REPORTS_OUTPUT);
  });

  testInstalled('the command runs', async () => {
    const command = path.join(scratch, 'node_modules', '.bin', 'token-analytics');

    expect(await runOk(process.execPath, [command, '--help'], { cwd: scratch })).toContain('token-analytics');
  });

  testInstalled('the declarations compile without skipLibCheck', async () => {
    writeFileSync(
      path.join(scratch, 'app.ts'),
      `
      import { App, Duration, Stack } from 'aws-cdk-lib';
      import { TokenAnalytics, TokenDimensionCheck, TokenMetrics } from 'cdk-token-analytics';
      const stack = new Stack(new App(), 'Stack');
      const analytics = new TokenAnalytics(stack, 'TokenAnalytics', { dailyBudget: 10 });
      new TokenMetrics().metricTotalCost({ period: Duration.minutes(5) }).createAlarm(analytics, 'Cost', {
        threshold: 1,
        evaluationPeriods: 1,
      });
      TokenDimensionCheck.applyTo(stack);
    `,
    );
    writeFileSync(
      path.join(scratch, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'node16',
          moduleResolution: 'node16',
          target: 'es2022',
          lib: ['es2022'],
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          types: ['node'],
          typeRoots: [path.join(REPOSITORY, 'node_modules', '@types')],
        },
        include: ['app.ts', 'node_modules/cdk-token-analytics/lib/**/*.d.ts'],
        exclude: [],
      }),
    );

    const compiler = path.join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    await expect(runOk(process.execPath, [compiler, '-p', '.'], { cwd: scratch })).resolves.toBe('');
  });
});
