import { Validations } from 'aws-cdk-lib';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as cxapi from 'aws-cdk-lib/cx-api';

/** True if aws-cdk-lib has validation plugins (2.251 or later). */
export const HAS_PLUGINS = (Validations as unknown) !== undefined;

/** Log group class that the oldest supported aws-cdk-lib does not name. */
export const DELIVERY = 'DELIVERY' as logs.LogGroupClass;

/** True if aws-cdk-lib warns of references between stacks whose strength is not configured. */
export const WARNS_OF_STRONG_REFERENCES = 'DEFAULT_CROSS_STACK_REFERENCES' in cxapi;
