import * as path from 'node:path';
import { HAS_ACKNOWLEDGE } from './cdk-features';
import { REPOSITORY } from './run';

/**
 * Function that defines a test with cdk-nag. Skips the test if aws-cdk-lib is older than cdk-nag needs, and
 * says so.
 */
export const testWithNag: jest.It = HAS_ACKNOWLEDGE ? test : test.skip;

if (!HAS_ACKNOWLEDGE) {
  const file = path.relative(REPOSITORY, expect.getState().testPath ?? '');
  process.stderr.write(
    `SKIPPED: tests with cdk-nag in ${file}, because it needs aws-cdk-lib 2.257 or later\n`,
  );
}
