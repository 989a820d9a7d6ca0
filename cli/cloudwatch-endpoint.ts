import { UsageError } from './failure';
import type { CommonOptions } from './options';

const VARIABLE = 'AWS_ENDPOINT_URL_CLOUDWATCH';

/**
 * Returns the endpoint of CloudWatch from the environment. Undefined if the SDK chooses the endpoint.
 *
 * @throws UsageError if `--endpoint` names an emulator of DynamoDB, and the environment names none of
 * CloudWatch. Otherwise, calls in the emulator would be compared with those of a real account
 */
export function cloudWatchEndpoint(
  { endpoint }: Pick<CommonOptions, 'endpoint'>,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const found = environment[VARIABLE] ?? environment.AWS_ENDPOINT_URL;
  if (found === undefined && endpoint !== undefined) {
    throw new UsageError(
      `${VARIABLE} must be set if --endpoint is given, because the recorded share compares with CloudWatch`,
    );
  }
  return found;
}
