import {
  BedrockClient,
  GetModelInvocationLoggingConfigurationCommand,
  type LoggingConfig,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import type { LoggingSetting } from './logging-setting';

/** Bedrock's setting of the account and region. */
export function loggingSetting(): LoggingSetting<LoggingConfig> {
  const client = new BedrockClient({});
  return {
    read: async () =>
      (await client.send(new GetModelInvocationLoggingConfigurationCommand({}))).loggingConfig,
    write: async loggingConfig => {
      await client.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig }));
    },
  };
}
