import type { S3Config } from '@aws-sdk/client-bedrock';
import type { LoggingRequest } from './custom-resource';
import type { WantedLogging } from './logging-setting';
import {
  INVOCATION_LOGGING_DATA,
  LOGGING_DATA_PROPERTY,
  LOGGING_ENV,
  LOGGING_PROPERTY,
} from '../../src/contract';

type Properties = LoggingRequest['properties'];

/**
 * Reads the wanted logging setting from the environment variables of the function.
 *
 * @throws if the log group or the role is missing
 */
export function wantedLogging(environment: Readonly<Record<string, string | undefined>>): WantedLogging {
  const logGroupName = environment[LOGGING_ENV.logGroup];
  const roleArn = environment[LOGGING_ENV.role];
  if (!logGroupName || !roleArn) {
    throw new Error(`${LOGGING_ENV.logGroup} and ${LOGGING_ENV.role} must be set.`);
  }
  const data = environment[LOGGING_ENV.data]?.split(',') ?? [];
  const bucketName = environment[LOGGING_ENV.largeDataBucket];
  const keyPrefix = environment[LOGGING_ENV.largeDataPrefix];
  return {
    logGroupName,
    roleArn,
    data: INVOCATION_LOGGING_DATA.filter(kind => data.includes(kind)),
    ...(bucketName && { largeData: { bucketName, ...(keyPrefix && { keyPrefix }) } }),
  };
}

/** Returns the names of the resource properties in an event that differ from `wanted`. */
export function propertyDifferences(properties: Properties, wanted: WantedLogging): readonly string[] {
  const { logGroupName, roleArn, data, largeData } = wanted;
  const expected: Readonly<Record<string, string>> = {
    [LOGGING_PROPERTY.logGroup]: logGroupName,
    [LOGGING_PROPERTY.role]: roleArn,
    [LOGGING_PROPERTY.largeDataBucket]: largeData?.bucketName ?? '',
    [LOGGING_PROPERTY.largeDataPrefix]: largeData?.keyPrefix ?? '',
    ...Object.fromEntries(
      INVOCATION_LOGGING_DATA.map(kind => [LOGGING_DATA_PROPERTY[kind], String(data.includes(kind))]),
    ),
  };
  return Object.keys(expected).filter(name => (textOf(properties, name) ?? '') !== expected[name]);
}

/** Returns the S3 location that the resource had for large bodies before its update. */
export function formerPlace(oldProperties: Properties): S3Config | undefined {
  const bucketName = textOf(oldProperties, LOGGING_PROPERTY.largeDataBucket);
  const keyPrefix = textOf(oldProperties, LOGGING_PROPERTY.largeDataPrefix);
  return bucketName ? { bucketName, ...(keyPrefix && { keyPrefix }) } : undefined;
}

function textOf(properties: Properties, name: string): string | undefined {
  const value = Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
