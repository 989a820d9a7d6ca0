import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './support/run';
import {
  ASSET_MANIFEST,
  ASSETS_FOLDER,
  ENTRY_POINTS,
  HANDLERS,
  LATE_MODULES,
  REQUIRED_FOLDER,
} from '../src/private/entry-points';

/** Test paths from the command line, in the format of Jest's configuration. Empty if all tests run. */
interface RequestedTests {
  readonly testPathPatterns: { readonly patterns: readonly string[] };
}

/**
 * Checks that the files of the built package exist, before the tests start. Prints a warning if a file is
 * missing and only some test files run, because these tests may not need the build.
 *
 * @throws if all tests run and a file is missing. The message contains the build command.
 */
export default function checkBuild({ testPathPatterns }: RequestedTests): void {
  const files = [
    '.jsii.gz',
    'lib/index.js',
    'lib/cli/index.js',
    ...Object.keys(ENTRY_POINTS).map(name => `lib/${name}/index.js`),
    ASSET_MANIFEST,
    ...Object.keys(HANDLERS).map(name => `${ASSETS_FOLDER}/${name}.mjs`),
    ...Object.keys(LATE_MODULES).map(name => `${REQUIRED_FOLDER}/${name}.cjs`),
  ];
  const missing = files.filter(file => !existsSync(path.join(REPOSITORY, file)));
  if (missing.length === 0) return;
  const message = `Tests of the built package need ${missing.join(', ')}. Run: npm run build:all`;
  if (testPathPatterns.patterns.length === 0) throw new Error(message);
  process.stderr.write(`${message}\n`);
}
