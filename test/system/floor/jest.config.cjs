const { existsSync } = require('node:fs');
const path = require('node:path');
const { jest: options } = require('../../../package.json');

const root = path.join(__dirname, '../../..');
const isInstalled = existsSync(path.join(__dirname, 'node_modules', 'aws-cdk-lib'));
if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: run npm ci --prefix test/system/floor to test the constructs with the oldest supported peers\n',
  );
}

/**
 * Configuration of a test run of the constructs with the oldest supported versions of aws-cdk-lib and
 * constructs. TypeScript is compiled without type checks, because the tests use the newest types.
 */
module.exports = {
  ...options,
  rootDir: root,
  moduleNameMapper: {
    ...options.moduleNameMapper,
    '^(aws-cdk-lib|constructs)(/.*)?$': '<rootDir>/test/system/floor/node_modules/$1$2',
  },
  transform: {
    ...options.transform,
    '^.+\\.[t]sx?$': ['ts-jest', { tsconfig: 'test/system/floor/tsconfig.json', diagnostics: false }],
  },
  testMatch: isInstalled ? ['<rootDir>/test/src/**/*.test.ts', '<rootDir>/test/integ/**/*.test.ts'] : [],
  passWithNoTests: !isInstalled,
};
