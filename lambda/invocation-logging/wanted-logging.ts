import type { WantedLogging } from './logging-setting';
import { ENV, INVOCATION_LOGGING_DATA } from '../../src/contract';

/**
 * Reads the setting that the stack wants from the environment.
 *
 * @throws if the log group or the role is missing
 */
export function wantedLogging(environment: Readonly<Record<string, string | undefined>>): WantedLogging {
  const logGroupName = environment[ENV.loggingLogGroup];
  const roleArn = environment[ENV.loggingRole];
  if (!logGroupName || !roleArn) {
    throw new Error(`${ENV.loggingLogGroup} and ${ENV.loggingRole} must be given.`);
  }
  const data = environment[ENV.loggingData]?.split(',') ?? [];
  const bucketName = environment[ENV.loggingLargeDataBucket];
  const keyPrefix = environment[ENV.loggingLargeDataPrefix];
  return {
    logGroupName,
    roleArn,
    data: INVOCATION_LOGGING_DATA.filter(kind => data.includes(kind)),
    ...(bucketName && { largeData: { bucketName, ...(keyPrefix && { keyPrefix }) } }),
  };
}
