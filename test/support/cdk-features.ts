import { Validations } from 'aws-cdk-lib';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as cxapi from 'aws-cdk-lib/cx-api';

/** True if aws-cdk-lib has validation plugins (2.251 or later). */
export const HAS_PLUGINS = (Validations as unknown) !== undefined;

/** Log group class that the oldest supported aws-cdk-lib does not name. */
export const DELIVERY = 'DELIVERY' as logs.LogGroupClass;

/** True if aws-cdk-lib warns of references between stacks whose strength is not configured. */
export const WARNS_OF_STRONG_REFERENCES = 'DEFAULT_CROSS_STACK_REFERENCES' in cxapi;

/**
 * Function that defines a test with cdk-nag. Skips the test if aws-cdk-lib is older than cdk-nag needs, and
 * says so.
 */
export const testWithNag: jest.It = HAS_PLUGINS ? test : test.skip;
if (!HAS_PLUGINS) {
  process.stderr.write(
    'SKIPPED: the tests with cdk-nag in this file, because it needs aws-cdk-lib 2.257 or later\n',
  );
}
