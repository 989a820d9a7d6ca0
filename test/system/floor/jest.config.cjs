const path = require('node:path');
const { jest: options } = require('../../../package.json');

const FLOOR = '<rootDir>/test/system/floor/node_modules';

/**
 * Configuration of a run of the constructs' tests with the oldest supported versions of aws-cdk-lib and
 * constructs. TypeScript is compiled without type checks, because the tests use the newest types.
 */
module.exports = {
  ...options,
  rootDir: path.join(__dirname, '../../..'),
  moduleNameMapper: {
    ...options.moduleNameMapper,
    '^(aws-cdk-lib|constructs)(/.*)?$': `${FLOOR}/$1$2`,
  },
  transform: {
    ...options.transform,
    '^.+\\.[t]sx?$': ['ts-jest', { tsconfig: 'test/system/floor/tsconfig.json', diagnostics: false }],
  },
  testMatch: ['<rootDir>/test/src/**/*.test.ts', '<rootDir>/test/integ/**/*.test.ts'],
};
