// Builds the package, checks all types and runs the tests. Usage:
// `node scripts/test.mjs [fast|system|e2e] [arguments of jest …]`. `fast` runs all tests outside of
// test/system. `system` runs the tests in test/system. It first installs tools that these tests need, such as
// bundlers and newer versions of Node.js. `e2e` runs only the tests in test/system/deployed. With `--full`, it
// makes 1,000 invocations with faults instead of 200. With `--keep`, it leaves the deployed apps running.
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { quoted, root, runSteps } from './steps.mjs';

const SYSTEM = 'test/system/';
/** Folder of the tests that deploy apps to MiniStack, an emulator of AWS in Python. */
const DEPLOYED = 'test/system/deployed';
/** Folder with MiniStack and the command `cdk`, which these tests need. It has packages from npm and PyPI. */
const DEPLOYED_TOOLS = `${DEPLOYED}/tools`;
/** Factor for the number of random examples in tests with fast-check, in the system suite only. */
const FUZZ_RUNS = 20;
const FUZZ_TIMEOUT_MS = 600_000;

/** Folders with Python packages that the system tests need. Each folder has its own requirements.txt. */
const PYTHON_TOOLS = ['test/clients/python-spans', 'test/system/cfn-lint', 'test/clients/boto3'];
/**
 * Folders with tools that the system tests need, such as bundlers and clients. Each folder has its own
 * package-lock.json.
 */
const NPM_TOOLS = [
  'test/clients/ai-sdk',
  'test/clients/ai-sdk-node22',
  'test/clients/anthropic',
  'test/clients/langchain',
  'test/clients/openai',
  'test/clients/openai-node22',
  'test/clients/strands',
  'test/system/bundles',
  'test/system/durable',
  'test/system/floor',
  'test/system/package/installs-tools',
  'test/system/signals',
];

/** Arguments of `e2e`: the longest form of its tests, and the emulator that keeps running after them. */
const OWN_ARGUMENTS = { full: '--full', keep: '--keep' };

const [suite, ...allArgs] = process.argv.slice(2);
const args = allArgs.filter(argument => !Object.values(OWN_ARGUMENTS).includes(argument));
const [isFull, keeps] = Object.values(OWN_ARGUMENTS).map(argument => allArgs.includes(argument));
const setsWorkers = args.some(argument => argument.startsWith('--maxWorkers'));
const flags = setsWorkers ? '--ci' : `--ci --maxWorkers=${availableParallelism()}`;
const withoutSystem = `jest --testPathIgnorePatterns /node_modules/ ${SYSTEM} ${flags}`;
const given = args.map(quoted).join(' ');
const hasPath = args.some(argument => argument.startsWith('test/'));

/**
 * Step that compiles and bundles everything that the tests load. At the same time, tsc checks the types of all
 * sources. CI sets `BUILT=1` to omit the step for the system suite, because the fast suite has just passed it.
 */
const BUILD =
  process.env.BUILT === '1'
    ? []
    : [
        {
          name: 'build and types',
          needed: true,
          sequences: [
            ['projen compile'],
            ['projen build:runtime', 'projen build:assets', 'projen build:cli'],
            ['tsc -p tsconfig.all.json'],
          ],
        },
      ];

/** Returns true if the packages of a folder were installed after the last change of its package-lock.json. */
function isInstalled(folder) {
  const [lock, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(file =>
    path.join(root, folder, file),
  );
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

/** Returns the commands that install the packages of a folder from npm, if they are missing or outdated. */
const npmCommands = folder => (isInstalled(folder) ? [] : [`npm ci --no-audit --no-fund --prefix ${folder}`]);
const pythonCommand = folder => `node scripts/venv.mjs ${folder}`;

/**
 * Returns the step that installs the tools in some folders, if they are missing or outdated. If an
 * installation fails, tests that need the tool are skipped and say so.
 */
const installTools = (npmFolders, pythonFolders) => ({
  name: 'tools',
  // A package registry can fail for some seconds.
  attempts: 3,
  sequences: [
    [...npmCommands(DEPLOYED_TOOLS), pythonCommand(DEPLOYED_TOOLS)],
    ...pythonFolders.map(folder => [pythonCommand(folder)]),
    ...npmFolders.map(npmCommands).filter(commands => commands.length > 0),
  ],
});

/** Step that deploys the apps once more, and prints how to look around in them. */
const KEEP = { name: 'keep', sequences: [[`ts-node -T -P test/tsconfig.json ${DEPLOYED}/keep.ts`]] };

const reportTo = file => ({ JEST_JUNIT_OUTPUT_NAME: file });

/**
 * Step that runs the tests of the constructs again, with the oldest supported versions of aws-cdk-lib and
 * constructs.
 */
const FLOOR = {
  name: 'oldest peers',
  env: reportTo('floor.xml'),
  sequences: [[`jest --config test/system/floor/jest.config.cjs ${flags}`]],
};

const SUITES = {
  fast: [
    ...BUILD,
    {
      name: 'jest',
      env: reportTo('fast.xml'),
      sequences: [[`${withoutSystem} ${given}`]],
    },
  ],
  e2e: [
    installTools([], []),
    ...BUILD,
    {
      name: 'jest',
      env: { ...reportTo('e2e.xml'), ...(isFull ? { E2E_FULL: '1' } : {}) },
      sequences: [[`jest ${flags} ${given} ${hasPath ? '' : DEPLOYED}`]],
    },
    ...(keeps ? [KEEP] : []),
  ],
  system: [
    installTools(NPM_TOOLS, PYTHON_TOOLS),
    ...BUILD,
    { name: 'jest', env: reportTo('system.xml'), sequences: [[`jest ${flags} ${given || SYSTEM}`]] },
    ...(args.length === 0 || args.some(argument => argument.startsWith('test/system/floor')) ? [FLOOR] : []),
    ...(args.length > 0
      ? []
      : [
          {
            name: 'fuzzers',
            env: { ...reportTo('fuzz.xml'), FUZZ_RUNS: String(FUZZ_RUNS) },
            // Runs all test files with fast-check. These files import test/support/fuzz.ts.
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
const COMMANDS = { fast: 'npm test', e2e: 'npm run e2e', system: 'npm run test:system' };
await runSteps(COMMANDS[suite], SUITES[suite]);
