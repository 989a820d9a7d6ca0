import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { run } from '../../support/run';

const TOOLS = path.join(__dirname, 'installs-tools', 'node_modules');

export interface Sandbox {
  /** Folder with the home folder, caches and temporary files of a package manager. */
  readonly folder: string;
  /** URL of the npm registry from which packages are installed. */
  readonly registry: string;
}

export interface PackageManager {
  readonly name: string;
  /** Prefix of a dependency on a linked folder in package.json, e.g. `link` for `link:../folder`. */
  readonly linkProtocol: string;
  /** Installs the dependencies of an app. Returns the exit code and the output. */
  install(app: string, sandbox: Sandbox): Promise<{ code: number | null; output: string }>;
}

interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

function packageManager(
  name: string,
  linkProtocol: string,
  callOf: (sandbox: Sandbox) => Call,
): PackageManager {
  return {
    name,
    linkProtocol,
    install: async (app, sandbox) => {
      const { command, args, env } = callOf(sandbox);
      const home = path.join(sandbox.folder, 'home');
      mkdirSync(home, { recursive: true });
      // Sets only these environment variables. If CI is also set, for example, yarn 4 does not create a lock
      // file.
      const { code, stdout, stderr } = await run(command, args, {
        cwd: app,
        env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...env },
      });
      return { code, output: stdout + stderr };
    },
  };
}

/** Returns environment variables that set the registry and other options of npm, pnpm and yarn 1. */
const npmEnvironment = ({ registry }: Sandbox): NodeJS.ProcessEnv => ({
  npm_config_registry: registry,
  npm_config_ignore_scripts: 'true',
  npm_config_update_notifier: 'false',
});

export const NPM = packageManager('npm', 'file', sandbox => ({
  command: 'npm',
  args: ['install', '--no-audit', '--no-fund', '--install-links=false'],
  env: npmEnvironment(sandbox),
}));

const PNPM = packageManager('pnpm', 'link', sandbox => ({
  command: process.execPath,
  args: [path.join(TOOLS, 'pnpm', 'bin', 'pnpm.cjs'), 'install'],
  env: { ...npmEnvironment(sandbox), npm_config_store_dir: path.join(sandbox.folder, 'pnpm-store') },
}));

const YARN_1 = packageManager('yarn 1', 'link', sandbox => ({
  command: process.execPath,
  args: [
    path.join(TOOLS, 'yarn', 'bin', 'yarn.js'),
    'install',
    '--cache-folder',
    path.join(sandbox.folder, 'yarn-1-cache'),
  ],
  env: npmEnvironment(sandbox),
}));

const yarn4 = packageManager('yarn 4', 'portal', ({ folder, registry }) => ({
  command: process.execPath,
  args: [path.join(TOOLS, '@yarnpkg', 'cli-dist', 'bin', 'yarn.js'), 'install'],
  env: {
    YARN_ENABLE_SCRIPTS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_GLOBAL_FOLDER: path.join(folder, 'yarn-4-global'),
    YARN_NODE_LINKER: 'node-modules',
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
  },
}));
const YARN_4: PackageManager = {
  ...yarn4,
  install: (app, sandbox) => {
    // Creates an empty yarn.lock. Without it, yarn would look for a project in parent folders.
    writeFileSync(path.join(app, 'yarn.lock'), '');
    return yarn4.install(app, sandbox);
  },
};

/** True if pnpm and yarn are installed for these tests. */
export const hasOtherManagers = existsSync(TOOLS);

export const MANAGERS: readonly PackageManager[] = hasOtherManagers ? [NPM, PNPM, YARN_1, YARN_4] : [NPM];
