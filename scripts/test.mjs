// Runs the tests: `node scripts/test.mjs [fast|system] [arguments of jest …]`. It builds what they need and checks
// all types before. The fast suite is every test outside test/system. For the others it installs, too, what users
// bring: bundlers, package managers, newer versions of Node.js.
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { quoted, root, runSteps } from './steps.mjs';

const SYSTEM = 'test/system/';
/** Runs of each property in the system tests, as a multiple of the fast suite's. */
const FUZZ_RUNS = 20;
const FUZZ_TIMEOUT_MS = 600_000;

/** Folders with a lock file of their own, which hold what users bring. */
const TOOLS = [
  'test/system/bundles',
  'test/system/durable',
  'test/system/package/installs-tools',
  'test/system/signals',
];

const [suite, ...args] = process.argv.slice(2);
const ownWorkers = args.some(argument => argument.startsWith('--maxWorkers'));
const flags = ownWorkers ? '--ci' : `--ci --maxWorkers=${availableParallelism()}`;
const withoutSystem = `jest --testPathIgnorePatterns /node_modules/ ${SYSTEM} ${flags}`;
const given = args.map(quoted).join(' ');

/** Everything that tests load, in the order of its parts; the type check runs beside it, as it reads sources only. */
const BUILD = {
  name: 'build and types',
  needed: true,
  sequences: [
    ['projen compile'],
    ['projen build:runtime', 'projen build:assets', 'projen build:cli'],
    ['tsc -p tsconfig.all.json'],
  ],
};

/** Returns true if the packages of a folder's lock file are installed. */
function isInstalled(folder) {
  const [lock, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(file =>
    path.join(root, folder, file),
  );
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** Folders to install. If an installation fails, the tests say which parts they skip. */
const INSTALL = TOOLS.filter(folder => !isInstalled(folder)).map(folder => ({
  name: `install ${path.basename(folder)}`,
  sequences: [[`npm ci --no-audit --no-fund --prefix ${folder}`]],
}));

/** Names the report of a jest run, of which a task may have several. */
const reportTo = file => ({ JEST_JUNIT_OUTPUT_NAME: file });

const SUITES = {
  fast: [
    BUILD,
    {
      name: 'jest',
      env: reportTo('fast.xml'),
      sequences: [[`${withoutSystem} ${given}`]],
    },
  ],
  system: [
    ...INSTALL,
    BUILD,
    { name: 'jest', env: reportTo('system.xml'), sequences: [[`jest ${flags} ${given || SYSTEM}`]] },
    ...(args.length > 0
      ? []
      : [
          {
            name: 'fuzzers',
            env: { ...reportTo('fuzz.xml'), FUZZ_RUNS: String(FUZZ_RUNS) },
            // Every test file with a property in it.
            sequences: [
              [`${withoutSystem} --testTimeout ${FUZZ_TIMEOUT_MS} --findRelatedTests test/support/fuzz.ts`],
            ],
          },
          { name: 'languages', sequences: [['node scripts/languages.mjs']] },
        ]),
  ],
};

if (!(suite in SUITES)) {
  console.error(`test: the suite must be one of ${Object.keys(SUITES).join(', ')}, got: ${suite}`);
  process.exit(2);
}
await runSteps(suite === 'fast' ? 'npm test' : `npm run test:${suite}`, SUITES[suite]);
