import { awscdk, github, javascript, JsonFile, TaskShell } from 'projen';
import { ENTRY_POINTS } from './src/private/entry-points';

const DEMO_OUTPUT = '/demo/';
const SOURCE_DIRS = ['lambda', 'reports', 'cli', 'local', 'examples', 'bench'];
const PACKAGE = 'cdk-token-analytics';
const REPOSITORY_URL = 'https://github.com/cdk-token-analytics/cdk-token-analytics.git';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-token-analytics',
  description:
    'Token usage and cost of LLM agents on Amazon Bedrock, per agent, model and incident, in your ' +
    'own AWS account: CDK constructs and the Lambda runtime that feeds them.',
  author: 'cdk-token-analytics maintainers',
  authorAddress: 'cdk-token-analytics@users.noreply.github.com',
  authorOrganization: true,
  repositoryUrl: REPOSITORY_URL,
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-token-analytics maintainers',
  keywords: [
    'cdk',
    'aws-cdk',
    'bedrock',
    'llm',
    'agents',
    'tokens',
    'cost',
    'cloudwatch',
    'dynamodb',
    'powertools',
    'observability',
  ],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,

  // Oldest supported versions of the CDK, where the ranges of the peer dependencies begin. aws-cdk-lib 2.224
  // is the first with `Runtime.NODEJS_24_X`. The tests in test/system/floor run with these two versions.
  cdkVersion: '2.225.0',
  constructsVersion: '10.0.0',
  // Leaves the installed versions to `addDevDeps` below.
  peerDependencyOptions: { pinnedDevDependency: false },
  jsiiVersion: '~6.0.0',
  // Compresses the `.jsii` file of the package. Without compression, it has half a megabyte.
  compressAssembly: true,
  typescriptVersion: '~6.0.3',
  minNodeVersion: '20.0.0',
  workflowNodeVersion: '24',

  release: true,
  // Version 13 of this package needs Node.js 22, but contributors may have Node.js 20.
  bumpPackage: 'commit-and-tag-version@^12',
  depsUpgrade: false,
  // Disables projen's workflow. The workflow `build` below, which has read-only permissions, replaces it.
  buildWorkflow: false,
  githubOptions: { mergify: false },
  pullRequestTemplateContents: [
    '## What changes, and why',
    '',
    'Fixes #',
    '',
    '## How it was measured',
    '',
    '<!-- The figure before and after, and the command that gives it: a price from its source, tokens from a',
    'recorded response, bytes of the bundle, a ratio of `npm run bench:…` (median of five), a template diff. -->',
    '',
    '| | before | after | command |',
    '|---|---|---|---|',
    '| | | | |',
    '',
    '## Checklist',
    '',
    '- [ ] A test failed before the change and passes now.',
    '- [ ] `npm test` and `npm run lint` pass.',
    '- [ ] Generated files are up to date (`CONTRIBUTING.md` lists them).',
    '- [ ] A change that users notice has a line in `CHANGELOG.md`.',
    '- [ ] No metric has a dimension other than `AgentId` and `Model`; no prompt or answer is stored or logged.',
  ],
  publishToPypi: { distName: 'cdk-token-analytics', module: 'cdk_token_analytics' },
  publishToMaven: {
    javaPackage: 'io.github.cdktokenanalytics',
    mavenGroupId: 'io.github.cdktokenanalytics',
    mavenArtifactId: 'cdk-token-analytics',
  },
  publishToNuget: { dotNetNamespace: 'CdkTokenAnalytics', packageId: 'CdkTokenAnalytics' },
  publishToGo: {
    moduleName: 'github.com/cdk-token-analytics/cdk-token-analytics-go',
    packageName: 'cdktokenanalytics',
  },

  // Packages that only contributors need. The published code is bundled, so users install none of them.
  devDeps: [
    // Checks that the packed types resolve in each module resolution mode of TypeScript.
    '@arethetypeswrong/cli@^0.18',
    // Detects resource replacements in a template diff.
    '@aws-cdk/cloudformation-diff@^2',
    '@aws-lambda-powertools/metrics@^2.36.0',
    '@aws-sdk/client-bedrock@^3.1164.0',
    '@aws-sdk/client-bedrock-agent-runtime@^3.1164.0',
    '@aws-sdk/client-bedrock-agentcore@^3.1141.0',
    '@aws-sdk/client-bedrock-runtime@^3.1164.0',
    '@aws-sdk/client-cloudformation@^3.1164.0',
    '@aws-sdk/client-cloudwatch@^3.1164.0',
    '@aws-sdk/client-cloudwatch-logs@^3.1164.0',
    '@aws-sdk/client-cost-explorer@^3.1138.0',
    '@aws-sdk/client-dynamodb@^3.1164.0',
    '@aws-sdk/client-eventbridge@^3.1164.0',
    '@aws-sdk/client-lambda@^3.1164.0',
    '@aws-sdk/client-sns@^3.1164.0',
    '@aws-sdk/client-sqs@^3.1164.0',
    '@aws-sdk/client-sts@^3.1164.0',
    // Creates the shell completion of the command.
    '@bomb.sh/tab@^0.0.22',
    // Word lists for the spelling check of prose.
    '@cspell/dict-aws@^4',
    '@cspell/dict-en-gb-mit@^3',
    '@cspell/dict-en_us@^4',
    '@cspell/dict-software-terms@^5',
    '@date-fns/tz@^1.5.0',
    // Source of the list prices in this project. The version is fixed, so that each price update is reviewed.
    '@pydantic/genai-prices@0.1.8',
    // Simulates the clock in handlers that a test starts as separate processes.
    '@sinonjs/fake-timers@^15',
    '@smithy/core@^3.41.0',
    // Runs the prose rules in scripts/prose.
    '@textlint/kernel@^15',
    '@textlint/textlint-plugin-markdown@^15',
    '@types/aws-lambda@^8',
    '@types/cli-progress@^3',
    '@types/node@^20',
    'ajv@^8.20.0',
    // Oldest supported versions of two SDK clients, from May 2025. Tests instrument these versions.
    'client-bedrock-agent-runtime-oldest@npm:@aws-sdk/client-bedrock-agent-runtime@3.817.0',
    'client-bedrock-runtime-oldest@npm:@aws-sdk/client-bedrock-runtime@3.817.0',
    'cdk-nag@^3.0.2',
    'cli-progress@^3.12.0',
    'cli-table3@^0.6.5',
    'cockatiel@^3.2.1',
    'commander@^14',
    // Reads the word lists for the spelling check. Version 10 needs Node.js 22.
    'cspell-dictionary@^9.8.0',
    'cspell-trie-lib@^9.8.0',
    'csv-stringify@^6.9.0',
    'date-fns@^4.4.0',
    'decimal.js@^10.6.0',
    'dynalite@^4.0.0',
    'echarts@^6.1.0',
    'esbuild@^0.28.2',
    // Reads server-sent events. Version 4 needs Node.js 22.
    'eventsource-parser@^3.1.1',
    'fast-check@^4.10.2',
    'hyparquet@^1.33.0',
    'hyparquet-writer@^0.17.0',
    'jsep@^1.4.0',
    // Finds files, exports and dependencies that nothing uses.
    'knip@^6',
    'log-update@^7.0.2',
    'open@^10.2.0',
    'picocolors@^1.1.1',
    'playwright-core@^1.65.1',
    // Formats all sources. ESLint rules that contradict Prettier are removed below.
    'prettier@^3',
    // Checks that Node.js and bundlers can use the packed package.json.
    'publint@^0.3',
    'pure-rand@^8',
    // Splits paragraphs into sentences. A prose rule limits the length of a sentence.
    'sentence-splitter@^5',
    'sparkly@^6.0.1',
    // Finds the discouraged words in scripts/prose/prh.yml.
    'textlint-rule-prh@^6',
    'ts-json-schema-generator@~2.4.0',
  ],

  jestOptions: {
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      collectCoverage: false,
      testTimeout: 60_000,
      globalSetup: '<rootDir>/test/global-setup.ts',
      setupFiles: ['<rootDir>/test/setup-env.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/leave-nothing.ts'],
      // Compiles hyparquet to CommonJS, because Jest cannot load ES modules by default.
      transform: {
        '/node_modules/hyparquet(?:-writer)?/.+\\.js$': new javascript.Transform('ts-jest', {
          tsconfig: {
            allowJs: true,
            module: 'commonjs',
            moduleResolution: 'bundler',
            target: 'es2022',
            isolatedModules: true,
            skipLibCheck: true,
          },
          diagnostics: false,
        }),
      },
      transformIgnorePatterns: ['/node_modules/(?!hyparquet)'],
      moduleNameMapper: {
        [`^${PACKAGE}$`]: '<rootDir>/src/index.ts',
        ...Object.fromEntries(
          Object.entries(ENTRY_POINTS).map(([name, source]) => [
            `^${PACKAGE}/${name}$`,
            `<rootDir>/${source}`,
          ]),
        ),
      },
    },
  },

  npmignoreEnabled: false,
  gitignore: ['.jsii.gz', '/assets/', '/build/', DEMO_OUTPUT, '/lib/', '*.tgz', '/test-reports/', 'cdk.out/'],
});

// Newest versions of the CDK, which the project is developed and tested with.
project.addDevDeps('aws-cdk-lib@2.276.0', 'constructs@10.8.1');

// Makes both peer dependencies optional. Otherwise, npm and pnpm would install 190 MB of CDK for functions
// that only use the runtime.
project.package.addField('peerDependenciesMeta', {
  'aws-cdk-lib': { optional: true },
  'constructs': { optional: true },
});

// Only these files are published. Other files in the folder stay out of the package.
project.package.addField('files', ['lib', 'assets', '.jsii', '.jsii.gz']);

// Silences the advice of jsii to develop with the oldest supported versions of the peer dependencies.
project.compileTask.reset(
  'jsii --silence-warnings=reserved-word --silence-warnings=metadata/missing-dev-dependency --compress-assembly',
);

// Disables install scripts for `npm ci`, because no dependency needs one.
new javascript.NpmConfig(project).addConfig('ignore-scripts', 'true');
// Uses version 1.12.2, because version 1.13 has incomplete native bindings.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// Adds fields to package.json. The field `type` stays unset, because `commonjs` would make the command 200 KB
// larger. esbuild would then bundle each SDK client whole.
project.package.addField('repository', { type: 'git', url: `git+${REPOSITORY_URL}` });
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  ...Object.fromEntries(
    Object.keys(ENTRY_POINTS).map(name => [
      `./${name}`,
      {
        import: { types: `./lib/${name}/index.d.mts`, default: `./lib/${name}/index.mjs` },
        require: { types: `./lib/${name}/index.d.ts`, default: `./lib/${name}/index.js` },
      },
    ]),
  ),
  './package.json': './package.json',
  './.jsii': './.jsii',
});
project.package.addField('typesVersions', {
  '*': Object.fromEntries(Object.keys(ENTRY_POINTS).map(name => [name, [`lib/${name}/index.d.ts`]])),
});
project.package.addField('bin', {
  'token-analytics': 'lib/cli/index.js',
  'cdk-token-analytics': 'lib/cli/index.js',
});

// Source file of each entry point, by its import path, e.g. `cdk-token-analytics/runtime`.
const PATHS = {
  [PACKAGE]: ['../src/index.ts'],
  ...Object.fromEntries(
    Object.entries(ENTRY_POINTS).map(([name, source]) => [`${PACKAGE}/${name}`, [`../${source}`]]),
  ),
};
// Removes `NPM_REGISTRY` from the release workflow. By default, `publib-npm` publishes to the public
// registry.
project
  .tryFindObjectFile('.github/workflows/release.yml')
  ?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');
// Turns off source maps, because they would make the compiled files a twelfth larger.
project.tryFindObjectFile('tsconfig.json')?.addOverride('compilerOptions.inlineSourceMap', false);
project.tryFindObjectFile('tsconfig.json')?.addOverride('compilerOptions.inlineSources', false);
const testTsconfig = project.tryFindObjectFile('test/tsconfig.json');
testTsconfig?.addOverride('compilerOptions.paths', PATHS);
// Compiles `import()` to `require()`, because Jest cannot run `import()` by default.
testTsconfig?.addOverride('compilerOptions.module', 'commonjs');
testTsconfig?.addOverride('compilerOptions.moduleResolution', 'bundler');
// Adds the types of the DOM, because the browser tests contain functions that run in the page.
testTsconfig?.addOverride('compilerOptions.lib', ['es2022', 'dom']);
// Excludes nested node_modules folders. One test installs the AWS Lambda runtime client in such a folder.
testTsconfig?.addOverride('exclude', ['**/node_modules']);
for (const dir of SOURCE_DIRS) {
  new javascript.TypescriptConfig(project, {
    fileName: `${dir}/tsconfig.json`,
    extends: javascript.TypescriptConfigExtends.fromPaths(['../tsconfig.json']),
    include: ['**/*.ts'],
    exclude: ['node_modules'],
    compilerOptions: {
      noEmit: true,
      rootDir: '..',
      // Leaves `import` statements unchanged, because esbuild bundles these folders.
      module: 'preserve',
      moduleResolution: javascript.TypeScriptModuleResolution.BUNDLER,
      ...(['lambda', 'reports'].includes(dir) ? {} : { paths: PATHS }),
    },
  });
  project.eslint?.addLintPattern(dir);
  // These folders are bundled, so they may import packages from devDependencies.
  project.eslint?.allowDevDeps(`**/${dir}/**`);
}
// Creates a configuration with all sources, so that `npm test` checks all types at once. `incremental` makes
// later checks faster.
new javascript.TypescriptConfig(project, {
  fileName: 'tsconfig.all.json',
  extends: javascript.TypescriptConfigExtends.fromPaths(['./tsconfig.json']),
  include: [...['src', ...SOURCE_DIRS, 'test'].map(dir => `${dir}/**/*.ts`), '.projenrc.ts'],
  exclude: ['**/node_modules'],
  compilerOptions: {
    noEmit: true,
    rootDir: '.',
    lib: ['es2022', 'dom'],
    module: 'preserve',
    moduleResolution: javascript.TypeScriptModuleResolution.BUNDLER,
    isolatedModules: true,
    stripInternal: true,
    incremental: true,
    tsBuildInfoFile: 'build/tsconfig.all.tsbuildinfo',
    paths: Object.fromEntries(
      Object.entries(PATHS).map(([name, files]) => [name, files.map(file => file.replace('../', './'))]),
    ),
  },
});
// Maximum characters in a line, for Prettier and ESLint.
const LINE_WIDTH = 110;
new JsonFile(project, '.prettierrc.json', {
  obj: {
    printWidth: LINE_WIDTH,
    singleQuote: true,
    trailingComma: 'all',
    arrowParens: 'avoid',
    quoteProps: 'consistent',
  },
  marker: false,
});
const eslintrc = project.tryFindObjectFile('.eslintrc.json');
for (const rule of [
  'array-bracket-newline',
  'array-bracket-spacing',
  'brace-style',
  'comma-dangle',
  'comma-spacing',
  'indent',
  'key-spacing',
  'keyword-spacing',
  'member-delimiter-style',
  'no-multi-spaces',
  'no-multiple-empty-lines',
  'no-trailing-spaces',
  'object-curly-newline',
  'object-curly-spacing',
  'object-property-newline',
  'quote-props',
  'quotes',
  'semi',
  'space-before-blocks',
]) {
  eslintrc?.addDeletionOverride(`rules.@stylistic/${rule}`);
}
// This folder has its own package.json, in which ESLint would not find the dependencies of the project.
project.eslint?.addOverride({
  files: ['test/system/deployed/*.ts'],
  rules: { 'import/no-extraneous-dependencies': ['error', { packageDir: ['.', 'test/system/deployed'] }] },
});
project.eslint?.addRules({
  // Ignores imports of `cdk-token-analytics` and its entry points, because ESLint cannot resolve them.
  'import/no-unresolved': ['error', { ignore: ['^cdk-token-analytics'] }],
  // Reports long lines, because Prettier cannot shorten every line.
  '@stylistic/max-len': [
    'error',
    {
      code: LINE_WIDTH,
      ignoreUrls: true,
      ignoreStrings: true,
      ignoreTemplateLiterals: true,
      ignoreRegExpLiterals: true,
    },
  ],
});

// Configures knip, which finds unused code. `entry` must contain all programs that a script or a test starts.
new JsonFile(project, 'knip.json', {
  obj: {
    entry: [
      '.projenrc.ts',
      'cli/index.ts',
      // `scripts/cli-schema.mjs` generates the schema of the --json output from this file.
      'cli/json-outputs.ts',
      'lambda/**/*handler.ts',
      // The build injects this file into the bundles, so no source file imports it.
      'lambda/process/real-timers.ts',
      '{lambda,reports}/**/*.{aws,late}.ts',
      'local/page/browser/app.ts',
      'local/demo/agent-process.ts',
      'examples/quick-start/*.ts',
      'bench/*.{mjs,ts}',
      'bench/**/*.child.*',
      // Replaces a module of the runtime in a bundle of the benchmark.
      'bench/runtime/accepting-table.ts',
      'scripts/**/*.{mjs,cjs}',
      'test/**/*.{test.ts,mjs}',
      'test/integ/update.ts',
      'test/conformance/write-payloads.ts',
      'test/cli/session.ts',
      'test/system/bundles/consumer/*.ts',
      'test/system/floor/jest.config.cjs',
      // `npm run e2e -- --keep` starts this program.
      'test/system/deployed/keep.ts',
    ],
    project: [`{src,${SOURCE_DIRS.join(',')},test,scripts}/**/*.{ts,mjs,cjs}`],
    paths: Object.fromEntries(
      Object.entries(PATHS).map(([name, files]) => [name, files.map(file => file.replace('../', './'))]),
    ),
    // Allows exported types that no other file imports, e.g. in the signature of an exported function.
    ignoreExportsUsedInFile: { interface: true, type: true },
    ignoreDependencies: [
      // Packages that no source file imports, because projen's tasks or tests only run their commands.
      '@arethetypeswrong/cli',
      'commit-and-tag-version',
      'jsii',
      'jsii-diff',
      'jsii-docgen',
      'jsii-pacmak',
      'jsii-rosetta',
      'publint',
      'ts-node',
      // Packages that are not in package.json. Tests that need them install them in their own folders.
      '@ai-sdk/amazon-bedrock',
      '@anthropic-ai/bedrock-sdk',
      '@aws/durable-execution-sdk-js',
      '@aws/durable-execution-sdk-js-testing',
      '@langchain/aws',
      '@langchain/core',
      '@langchain/langgraph',
      '@middy/core',
      '@rollup/plugin-.*',
      '@rspack/core',
      '@strands-agents/sdk',
      '@vercel/ncc',
      'ai',
      'openai',
      'rollup',
      'webpack',
      // Package that bench/estimate.mjs needs. Developers install it themselves.
      'js-tiktoken',
    ],
  },
  marker: false,
});

// Runs tasks with `sh`. In projen's default shell, a task succeeds even if a signal ends its command.
project.tasks.shell = TaskShell.sh();
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

// Permissions of the workflow for pull requests. Its job `ci` runs all checks on Node.js 24. Its job `test`
// runs the fast suite on Node.js 20 and 22.
const READ_ONLY = { contents: github.workflows.JobPermission.READ };
const setupNode = (version: string): github.workflows.JobStep => ({
  name: 'Set up Node.js',
  uses: 'actions/setup-node@v7.0.0',
  with: { 'node-version': version, 'package-manager-cache': false },
});
project.github?.addWorkflow('build').on({ pullRequest: {}, workflowDispatch: {} });
project.github?.tryFindWorkflow('build')?.addJobs({
  ci: {
    runsOn: ['ubuntu-latest'],
    permissions: READ_ONLY,
    env: { CI: 'true' },
    // .ci/run installs with `npm ci`, and fails if a generated file differs from the committed one.
    steps: [github.WorkflowSteps.checkout(), setupNode('24'), { name: 'CI', run: 'bash .ci/run' }],
  },
  test: {
    runsOn: ['ubuntu-latest'],
    permissions: READ_ONLY,
    env: { CI: 'true' },
    strategy: { matrix: { domain: { node: ['20', '22'] } } },
    steps: [
      github.WorkflowSteps.checkout(),
      setupNode('${{ matrix.node }}'),
      { name: 'Install', run: 'npm ci' },
      { name: 'Test', run: 'npm test' },
    ],
  },
});

const runtime = project.addTask('build:runtime', {
  description: 'Builds the entry points ./runtime and ./reports: ES modules, CommonJS and types',
  steps: [
    { exec: 'node scripts/build.mjs runtime' },
    { exec: 'tsc -p lambda/tsconfig.types.json' },
    { exec: 'node scripts/prune-types.mjs' },
  ],
});
const assets = project.addTask('build:assets', {
  description: 'Builds the Lambda handlers that the constructs ship',
  exec: 'node scripts/build.mjs assets',
});
const cli = project.addTask('build:cli', {
  description: 'Builds the command',
  exec: 'node scripts/build.mjs cli',
});
project.addTask('demo', {
  description: 'Plays a day of traffic through the quick start, on loopback; add -- --json or -- --open',
  steps: [
    { exec: 'node scripts/build.mjs demo --quiet' },
    { exec: 'node build/cli/index.js demo', receiveArgs: true },
  ],
});

project.addTask('lint', {
  description: 'Checks layout, style, prose and unused code; -- lambda for one tree, -- --fix to correct',
  exec: 'node scripts/lint.mjs',
  receiveArgs: true,
});
project.addTask('prices', {
  description:
    'Writes the price catalog from the price library and prints the changes; -- --check writes nothing',
  exec: 'node scripts/prices/generate.mjs',
  receiveArgs: true,
});
project.addTask('events:validator', {
  description: 'Compiles the schema of TokenUsage events to its validator; -- --check writes nothing',
  exec: 'node scripts/event-validator.mjs',
  receiveArgs: true,
});
project.addTask('integ:update', {
  description: 'Rewrites the kept templates of whole apps; refuses if a change would lose data',
  env: { CDK_VALIDATION: 'false' },
  exec: 'ts-node -T -P test/tsconfig.json test/integ/update.ts',
  receiveArgs: true,
});
project.addTask('bench:pricing', {
  description: 'Measures reading and pricing of usage; prints JSON',
  exec: 'node bench/pricing.mjs',
  receiveArgs: true,
});
project.addTask('bench:runtime', {
  description: 'Measures recording, loading, writing traces and instrumenting a client; prints JSON',
  exec: 'node bench/runtime.mjs',
  receiveArgs: true,
});
project.addTask('bench:synth', {
  description: 'Measures synthesis beside the same resources written by hand; prints JSON',
  exec: 'node bench/synth.mjs',
  receiveArgs: true,
});
project.addTask('bench:rollup', {
  description: 'Measures the rollup of a day of traces; prints JSON',
  exec: 'node bench/rollup.mjs',
  receiveArgs: true,
});
project.addTask('bench:reports', {
  description: 'Measures reports on a month of a million traces; prints JSON; -- 60000 for fewer',
  exec: 'node bench/reports.mjs',
  receiveArgs: true,
});
project.addTask('docs:cli', {
  description: 'Writes docs/cli.md from real runs of the built command',
  steps: [
    { exec: 'node scripts/build.mjs demo --quiet' },
    { exec: 'node scripts/cli-docs.mjs', receiveArgs: true },
  ],
});
project.addTask('docs:coverage', {
  description: 'Writes docs/coverage.md from the table of the conformance tests; -- --check writes nothing',
  exec: 'node scripts/coverage.mjs',
  receiveArgs: true,
});
project.addTask('docs:screenshots', {
  description: 'Takes the screenshots of the README from the page of the demo; needs Chromium',
  steps: [{ exec: 'node scripts/build.mjs demo --quiet' }, { exec: 'node scripts/screenshots.mjs' }],
});
project.addTask('docs:architecture', {
  description: 'Draws the picture in docs/architecture.md from the imports of the sources',
  exec: 'node scripts/architecture.mjs',
});
project.addTask('cli:schema', {
  description: 'Writes docs/cli.schema.json, the schema of the --json outputs',
  exec: 'node scripts/cli-schema.mjs',
  receiveArgs: true,
});
project.addTask('bench:import', {
  description: 'Measures loading of the package; prints JSON',
  exec: 'node bench/import.mjs',
  receiveArgs: true,
});

const languages = project.addTask('test:languages', {
  description:
    'Tests the packages of all languages with a small app each; -- python java go dotnet examples for some',
});
for (const task of [runtime, assets, project.compileTask]) languages.spawn(task);
languages.exec('node scripts/languages.mjs', { receiveArgs: true });
const examples = project.addTask('test:examples', {
  description: "Compiles the constructs' examples in README, docs and doc comments strictly",
});
for (const task of [runtime, assets, project.compileTask]) examples.spawn(task);
examples.exec('node scripts/languages.mjs examples');

project.addTask('build:all', {
  description: 'Builds constructs, runtime, reports, handlers and the command',
  steps: [project.compileTask, runtime, assets, cli].map(task => ({ spawn: task.name })),
});

// Adds the bundles to lib/ after jsii has compiled lib/, and before the package is packed.
project.postCompileTask.spawn(runtime);
project.postCompileTask.spawn(assets);
project.postCompileTask.spawn(cli);

// Runs the tests with a script. The script also checks all types, and builds assets/ and lib/, which the
// tests load.
project.testTask.reset('node scripts/test.mjs fast', { receiveArgs: true });
project.addTask('test:system', {
  description: 'Runs the long tests: package, demo, browser, soak, fuzzers; -- paths for some',
  exec: 'node scripts/test.mjs system',
  receiveArgs: true,
});
project.addTask('e2e', {
  description:
    'Deploys apps to an emulator of AWS and uses them; -- --full for the long run, -- --keep to look around',
  exec: 'node scripts/test.mjs e2e',
  receiveArgs: true,
});
project.addTask('test:busy', {
  description: 'Runs the fast suite beside 20 busy processes',
  exec: 'node scripts/test-busy.mjs',
  receiveArgs: true,
});
// Removes projen's task `eslint`, so that only `npm run lint` runs ESLint.
project.tasks.removeTask('eslint');

// Limits `npm run build` to the npm package. The packages for other languages need more toolchains.
project.packageTask.reset('npx projen package:js');

project.synth();
