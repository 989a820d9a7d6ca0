import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { hasOtherManagers, MANAGERS, NPM, type PackageManager } from './package-managers';
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
} from './packed';
import { type Registry, startRegistry } from './registry';
import { peerDependencies } from '../../../package.json';
import { REPOSITORY, run, runOk } from '../../support/run';

if (!hasOtherManagers) {
  process.stderr.write(
    'SKIPPED: pnpm and yarn are not installed (npm ci --prefix test/system/package/installs-tools), so the ' +
      'package is installed by npm alone\n',
  );
}

const PACKAGE = 'cdk-token-analytics';
const CDK = ['aws-cdk-lib', 'constructs'];
/** Maximum bytes of the installed package. Together with the CDK, it would have 190 MB. */
const MAX_INSTALLED_BYTES = 6_500_000;
const OLD_CDK = '2.200.0';
const OLDEST_CDK = peerDependencies['aws-cdk-lib'].slice(1);
const NEWEST_CDK = '2.999.0';
const CONSTRUCTS = peerDependencies.constructs.slice(1);
/** Matches warnings of npm, pnpm and yarn about missing or incompatible peer dependencies. */
const PEER_WARNING = /peer|ERESOLVE|YN00(?:02|60|86)/i;
const INSTALL_TIMEOUT_MS = 120_000;

let scratch: string;
let tarball: string;
let registry: Registry;

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'token-analytics-installs-'));
  tarball = path.join(scratch, (await pack(scratch)).filename);
  // Starts a registry with empty CDK packages. Some package managers install peer dependencies from the
  // registry.
  registry = await startRegistry({
    'aws-cdk-lib': [OLD_CDK, OLDEST_CDK, NEWEST_CDK],
    'constructs': [CONSTRUCTS],
  });
}, 240_000);

afterAll(async () => {
  await registry?.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Returns a path in the temporary folder `scratch`. Spaces in the names are replaced by hyphens. */
const folderOf = (...names: readonly string[]) =>
  path.join(scratch, ...names.map(name => name.replaceAll(' ', '-')));

function newApp(name: string, dependencies: Readonly<Record<string, string>>): string {
  const app = folderOf(name);
  mkdirSync(app);
  writePackageJson(app, dependencies);
  return app;
}

const install = (manager: PackageManager, app: string) =>
  manager.install(app, { folder: scratch, registry: registry.url });

async function installOk(manager: PackageManager, app: string): Promise<string> {
  const { code, output } = await install(manager, app);
  if (code !== 0) throw new Error(`${manager.name} ended with ${code}\n${output}`);
  return output;
}

/** Returns the paths of all files in the node_modules of an app, except those in linked folders. */
const installedFiles = (app: string) =>
  readdirSync(path.join(app, 'node_modules'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name));

/** Returns the names of the packages in the node_modules of an app, except linked packages. */
const installedPackages = (app: string) =>
  installedFiles(app)
    .filter(file => path.basename(file) === 'package.json')
    .map(file => (JSON.parse(readFileSync(file, 'utf8')) as { name: string }).name);

const installedVersion = (app: string, name: string) =>
  (
    JSON.parse(readFileSync(path.join(app, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    }
  ).version;

/**
 * Creates a folder with links to the files of a package in the repository. Its package.json lists no
 * dependencies, so that package managers install none.
 */
function linkedPackage(name: string, parent: string): string {
  const source = path.join(REPOSITORY, 'node_modules', name);
  const folder = folderOf(parent, name);
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(source)) {
    if (entry !== 'package.json' && entry !== 'node_modules') {
      symlinkSync(path.join(source, entry), path.join(folder, entry));
    }
  }
  const manifest = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8')) as object;
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies: {} }));
  return folder;
}

/** Creates an app with links to the CDK that is installed in the repository. Installs this package in it. */
async function installInLinkedApp(manager: PackageManager, name: string) {
  const linked = CDK.map(dependency => linkedPackage(dependency, `${name} cdk`));
  const app = newApp(name, {
    ...Object.fromEntries(
      CDK.map((dependency, index) => [dependency, `${manager.linkProtocol}:${linked[index]}`]),
    ),
    [PACKAGE]: `file:${tarball}`,
  });
  return { app, linked, output: await installOk(manager, app) };
}

describe.each(MANAGERS)('installed by $name', manager => {
  describe("in a function's folder", () => {
    let app: string;
    let output: string;
    const command = (...args: string[]) =>
      run(path.join(app, 'node_modules', '.bin', 'token-analytics'), args, { cwd: app });

    beforeAll(async () => {
      app = newApp(`${manager.name} function`, { [PACKAGE]: `file:${tarball}` });
      output = await installOk(manager, app);
    }, INSTALL_TIMEOUT_MS);

    test('the package is installed without other packages, with less than 6.5 MB and without peer warnings', () => {
      expect(installedPackages(app)).toEqual([PACKAGE]);
      expect(installedFiles(app).reduce((sum, file) => sum + lstatSync(file).size, 0)).toBeLessThan(
        MAX_INSTALLED_BYTES,
      );
      expect(output).not.toMatch(PEER_WARNING);
    });

    test.each(RUNTIME_LOADS)('the runtime can be %s', async (_name, script) => {
      expect((await runScript(app, script)).trim()).toBe(RUNTIME_OUTPUT);
    });

    test.each(REPORTS_LOADS)('the reports can be %s', async (_name, script) => {
      expect((await runScript(app, script)).trim()).toBe(REPORTS_OUTPUT);
    });

    test('loading the constructs fails without aws-cdk-lib', async () => {
      const source = `try { require('${PACKAGE}') } catch ({ code, message }) { console.log(code, message) }`;

      await expect(runScript(app, { name: 'constructs.js', source })).resolves.toMatch(
        /^MODULE_NOT_FOUND Cannot find module 'aws-cdk-lib/,
      );
    });

    test('the command shows prices', async () => {
      const { code, stdout, stderr } = await command('prices', 'amazon.nova-micro-v1:0', '--json');

      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.stringify(JSON.parse(stdout))).toContain('nova-micro');
    });

    test('the demo ends with one line about its missing packages and how to install them', async () => {
      await expect(command('demo', '--json')).resolves.toEqual({
        code: 2,
        stdout: '',
        stderr:
          'token-analytics: demo needs aws-cdk-lib and constructs, which are not installed: run ' +
          '`npm install aws-cdk-lib constructs`, or, with npx, ' +
          '`npx -p cdk-token-analytics -p aws-cdk-lib -p constructs token-analytics demo`\n',
      });
    });
  });

  describe('in a CDK app', () => {
    let app: string;
    let output: string;
    let linked: readonly string[];

    beforeAll(async () => {
      ({ app, output, linked } = await installInLinkedApp(manager, `${manager.name} app`));
    }, INSTALL_TIMEOUT_MS);

    test("the app's CDK is kept, and no other CDK is installed", () => {
      expect(installedPackages(app)).toEqual([PACKAGE]);
      expect(CDK.map(dependency => realpathSync(path.join(app, 'node_modules', dependency)))).toEqual(
        linked.map(folder => realpathSync(folder)),
      );
      expect(output).not.toMatch(PEER_WARNING);
    });

    test('the constructs synthesise', async () => {
      expect(JSON.parse(await runScript(app, SYNTHESISE))).toEqual(expect.arrayContaining(SYNTHESISED));
    });
  });
});

test(
  'the demo runs in a CDK app',
  async () => {
    const { app } = await installInLinkedApp(NPM, 'demo');
    const command = path.join(app, 'node_modules', '.bin', 'token-analytics');

    expect(JSON.parse(await runOk(command, ['demo', '--json'], { cwd: app }))).toHaveProperty('picoUsd');
  },
  INSTALL_TIMEOUT_MS,
);

describe('npm in an app with aws-cdk-lib from a registry', () => {
  /**
   * Installs a version of the CDK in a new app. Then changes the CDK version in package.json to `range`, and
   * installs this package.
   */
  async function addTo(name: string, version: string, range: string) {
    const app = newApp(name, { 'aws-cdk-lib': version, 'constructs': CONSTRUCTS });
    await installOk(NPM, app);
    writePackageJson(app, {
      'aws-cdk-lib': range,
      'constructs': CONSTRUCTS,
      [PACKAGE]: `file:${tarball}`,
    });
    return { app, ...(await install(NPM, app)) };
  }

  test(
    'npm keeps a supported CDK version if a newer one exists',
    async () => {
      const { app, code, output } = await addTo('locked', OLDEST_CDK, `^${OLDEST_CDK}`);

      expect(output).not.toMatch(PEER_WARNING);
      expect(code).toBe(0);
      expect(installedVersion(app, 'aws-cdk-lib')).toBe(OLDEST_CDK);
    },
    INSTALL_TIMEOUT_MS,
  );

  test(
    'npm refuses a CDK version that is too old',
    async () => {
      const { app, code, output } = await addTo('too-old', OLD_CDK, OLD_CDK);

      expect(output).toContain('code ERESOLVE');
      expect(code).toBe(1);
      expect(installedPackages(app)).not.toContain(PACKAGE);
    },
    INSTALL_TIMEOUT_MS,
  );
});
