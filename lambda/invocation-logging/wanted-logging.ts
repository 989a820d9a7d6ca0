import type { WantedLogging } from './logging-setting';
import { LOGGING_ENV, INVOCATION_LOGGING_DATA } from '../../src/contract';

/**
 * Reads the setting that the stack wants from the environment.
 *
 * @throws if the log group or the role is missing
 */
export function wantedLogging(environment: Readonly<Record<string, string | undefined>>): WantedLogging {
  const logGroupName = environment[LOGGING_ENV.logGroup];
  const roleArn = environment[LOGGING_ENV.role];
  if (!logGroupName || !roleArn) {
    throw new Error(`${LOGGING_ENV.logGroup} and ${LOGGING_ENV.role} must be given.`);
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
