import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as logs from 'aws-cdk-lib/aws-logs';
import { BedrockInvocationLogging, TokenAnalytics } from '../../../src';
import { readAssetManifest } from '../../../src/private/asset-manifest';
import { ASSETS_FOLDER, HANDLERS, type HandlerName } from '../../../src/private/entry-points';
import { REPOSITORY, runOk } from '../../support/run';

const BUILT = path.join(REPOSITORY, ASSETS_FOLDER);
const NAMES = Object.keys(HANDLERS) as HandlerName[];

/** Folder with the code of each deployed handler, by the name of the handler. */
let folders: Partial<Record<HandlerName, string>>;
/** Environment variables of each handler. A value that is known only at deployment is `x`. */
let environments: Partial<Record<HandlerName, Record<string, string>>>;
let outputFolder: string;

beforeAll(() => {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const logGroup = new logs.LogGroup(stack, 'Log');
  new BedrockInvocationLogging(stack, 'Logging', { logGroup });
  new TokenAnalytics(stack, 'Analytics', {
    dailyBudget: 10,
    budgetAlertOptions: { enabled: true },
    ingest: { logGroup, spans: {}, eventBus: new events.EventBus(stack, 'Bus') },
  });
  outputFolder = app.synth().directory;
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')) as {
    readonly Properties: {
      readonly Handler: string;
      readonly Code: { readonly S3Key: string };
      readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
    };
  }[];
  environments = Object.fromEntries(
    functions.map(({ Properties: { Handler, Environment } }) => [
      Handler.replace(/\.handler$/, ''),
      Object.fromEntries(
        Object.entries(Environment.Variables).map(([variable, value]) => [
          variable,
          typeof value === 'string' ? value : 'x',
        ]),
      ),
    ]),
  );
  folders = Object.fromEntries(
    functions.map(({ Properties: { Handler, Code } }) => [
      Handler.replace(/\.handler$/, ''),
      path.join(outputFolder, `asset.${path.parse(Code.S3Key).name}`),
    ]),
  );
});

afterAll(() => rmSync(outputFolder, { recursive: true }));

const bytesOf = (folder: string, files: readonly string[]) =>
  files.reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);

test('each handler is deployed with the files that it loads, and with no others', () => {
  const { handlers } = readAssetManifest();

  for (const [name, folder] of Object.entries(folders) as [HandlerName, string][]) {
    const files = readdirSync(folder).sort();
    expect([name, files]).toEqual([name, [...handlers[name].files].sort()]);
    expect(files).toContain(`${name}.mjs`);
    const isBuilt = (file: string) =>
      readFileSync(path.join(folder, file)).equals(readFileSync(path.join(BUILT, file)));
    expect(files.filter(file => !isBuilt(file))).toEqual([]);
  }
  expect(Object.keys(folders).sort()).toEqual([...NAMES].sort());
});

test('each deployed handler loads, and each file that its code names is deployed', async () => {
  for (const [name, folder] of Object.entries(folders) as [HandlerName, string][]) {
    const files = readdirSync(folder);
    const named = files.flatMap(file =>
      [...readFileSync(path.join(folder, file), 'utf8').matchAll(/["'`]\.\/([\w.-]+\.mjs)["'`]/g)].map(
        ([, loaded]) => loaded,
      ),
    );
    expect(named.length).toBeGreaterThan(0);
    expect([name, named.filter(file => !files.includes(file))]).toEqual([name, []]);
    const program = `import('./${name}.mjs').then(({ handler }) => console.log(typeof handler))`;
    const env = { AWS_REGION: 'us-east-1', NODE_NO_WARNINGS: '1', ...environments[name] };
    const stdout = await runOk(process.execPath, ['-e', program], { cwd: folder, env });
    expect([name, stdout.trim()]).toEqual([name, 'function']);
  }
});

test('each handler has an asset of its own', () => {
  expect(new Set(Object.values(folders)).size).toBe(NAMES.length);
});

test('no asset contains more than four fifths of the built code', () => {
  const whole = bytesOf(BUILT, readdirSync(BUILT));

  for (const folder of Object.values(folders)) {
    expect(existsSync(folder)).toBe(true);
    expect(bytesOf(folder, readdirSync(folder))).toBeLessThan(0.8 * whole);
  }
});

/** Program that prints the assets of an app with the layer and with functions of this package. */
const PRINT_ASSETS = `
  const { App, Stack } = require('aws-cdk-lib');
  const { TokenAnalytics, TokenAnalyticsLayer } = require('./package');
  const stack = new Stack(new App({ outdir: process.argv[2] }), 'Stack');
  new TokenAnalyticsLayer(stack, 'Layer');
  new TokenAnalytics(stack, 'Analytics', { dailyBudget: 10, budgetAlertOptions: { enabled: true } });
  const { stacks: [{ template }] } = stack.node.root.synth();
  const assets = Object.values(template.Resources).map(({ Properties: { Code, Content } = {} }) => (Code ?? Content)?.S3Key);
  console.log(JSON.stringify(assets.filter(Boolean)));`;

/** Installs a copy of this package, and returns the assets of an app that uses the copy. */
async function assetsOfCopy(folder: string, change: (copy: string) => void): Promise<string[]> {
  const copy = path.join(folder, 'package');
  for (const name of ['lib', 'assets', 'package.json']) {
    cpSync(path.join(REPOSITORY, name), path.join(copy, name), { recursive: true });
  }
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
  change(copy);
  writeFileSync(path.join(folder, 'app.js'), PRINT_ASSETS);
  const stdout = await runOk(process.execPath, ['app.js', path.join(folder, 'out')], { cwd: folder });
  return JSON.parse(stdout) as string[];
}

describe('an installed copy of the package', () => {
  let folder: string;
  const copyIn = (name: string) => mkdtempSync(path.join(folder, name));
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'token-analytics-assets-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('two copies with different folders, file modes and times give the same assets', async () => {
    const one = await assetsOfCopy(copyIn('one-'), () => undefined);
    const otherFolder = copyIn('other-');
    const other = await assetsOfCopy(otherFolder, copy => {
      for (const part of ['lib/runtime', 'assets/aws', 'assets/aws-cjs']) {
        for (const file of readdirSync(path.join(copy, part))) {
          chmodSync(path.join(copy, part, file), 0o700);
          utimesSync(path.join(copy, part, file), 1, 1);
        }
      }
      // A file that is not built by this package is not deployed.
      writeFileSync(path.join(copy, 'assets/aws/.stray'), 'stray');
    });

    expect(one).toHaveLength(3);
    expect(other).toEqual(one);
    const deployed = readdirSync(path.join(otherFolder, 'out'), { recursive: true, encoding: 'utf8' });
    expect(deployed.filter(file => file.endsWith('budget-alert.mjs'))).toHaveLength(1);
    expect(deployed.filter(file => file.endsWith('.stray'))).toEqual([]);
  });

  test('a changed file of the runtime changes the layer, also with the same size and time', async () => {
    const file = 'lib/runtime/index.mjs';
    const one = await assetsOfCopy(copyIn('before-'), copy => utimesSync(path.join(copy, file), 1, 1));
    const other = await assetsOfCopy(copyIn('after-'), copy => {
      const text = readFileSync(path.join(copy, file), 'utf8');
      writeFileSync(path.join(copy, file), text.replace(/\n$/, ' '));
      utimesSync(path.join(copy, file), 1, 1);
    });

    expect(other.filter(asset => !one.includes(asset))).toHaveLength(1);
  });
});
