import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY } from './support/run';
import {
  ASSETS_FOLDER,
  ENTRY_POINTS,
  HANDLERS,
  LATE_MODULES,
  REQUIRED_FOLDER,
} from '../src/private/entry-points';

/**
 * Checks, before any test runs, that what tests load or start is built.
 *
 * @throws if a file is missing; the message names the command that builds it
 */
export default function requireBuild(): void {
  const files = [
    '.jsii.gz',
    'lib/index.js',
    'lib/cli/index.js',
    ...Object.keys(ENTRY_POINTS).map(name => `lib/${name}/index.js`),
    ...Object.keys(HANDLERS).map(name => `${ASSETS_FOLDER}/${name}.mjs`),
    ...Object.keys(LATE_MODULES).map(name => `${REQUIRED_FOLDER}/${name}.cjs`),
  ];
  const missing = files.filter(file => !existsSync(path.join(REPOSITORY, file)));
  if (missing.length > 0) {
    throw new Error(`Tests need the built package, got no ${missing.join(', ')}. Run: npm run build:all`);
  }
}
