import { CloudFormationValidatePlugin, Validations } from 'aws-cdk-lib';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as cxapi from 'aws-cdk-lib/cx-api';
import { version } from 'aws-cdk-lib/package.json';
import { devDependencies } from '../../package.json';

/** True if this is the version of aws-cdk-lib that the project is developed with. */
export const IS_NEWEST = version === devDependencies['aws-cdk-lib'];

/** True if a violation that a validation plugin reports throws an error (aws-cdk-lib 2.262 or later). */
export const PLUGINS_THROW = (CloudFormationValidatePlugin as unknown) !== undefined;

/** True if constructs can acknowledge rules of cdk-nag 3. */
export const HAS_ACKNOWLEDGE =
  'acknowledge' in ((Validations as typeof Validations | undefined)?.prototype ?? {});

/** Log group class that the oldest supported aws-cdk-lib does not name. */
export const DELIVERY = 'DELIVERY' as logs.LogGroupClass;

/** True if aws-cdk-lib warns of references between stacks whose strength is not configured. */
export const WARNS_OF_STRONG_REFERENCES = 'DEFAULT_CROSS_STACK_REFERENCES' in cxapi;
