import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { LoggingConfiguration } from './logging-setting';

/** Access to the account's setting for invocation logging. */
export interface LoggingSetting {
  /** Reads the setting with all its members, including members that the SDK does not know. */
  read(): Promise<LoggingConfiguration | undefined>;
  /** Writes a setting with all its members, including members that the SDK does not know. */
  write(configuration: LoggingConfiguration): Promise<void>;
  remove(): Promise<void>;
}

/** Access to the account's setting, and to the status of a stack. */
export interface Services {
  readonly setting: LoggingSetting;
  stackStatus(id: string): Promise<string | undefined>;
}

const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};
/** Time limit of one call to AWS, including retries and reading the response, in milliseconds. */
const CALL_MS = 20_000;

/**
 * Creates the clients for Bedrock and CloudFormation. The returned function takes a deadline in epoch
 * milliseconds. It returns services, and their calls end at the deadline.
 */
export function connectServices(): (endsAt: number) => Services {
  const bedrock = new BedrockClient(LIMITS);
  const cloudFormation = new CloudFormationClient(LIMITS);
  return endsAt => {
    const limits = () => ({
      abortSignal: AbortSignal.timeout(Math.max(0, Math.min(CALL_MS, endsAt - Date.now()))),
    });
    return {
      setting: {
        read: async () => {
          const { command, json } = readJsonCommand();
          await bedrock.send(command, limits());
          return json().loggingConfig;
        },
        write: async loggingConfig => {
          await bedrock.send(writeJsonCommand(loggingConfig), limits());
        },
        remove: async () => {
          await bedrock.send(new DeleteModelInvocationLoggingConfigurationCommand({}), limits());
        },
      },
      stackStatus: async id => {
        const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: id }), limits());
        return Stacks?.[0]?.StackStatus;
      },
    };
  };
}

/**
 * Returns a command that reads the setting, and a function `json` that returns the full JSON of its response.
 * The output of the SDK would lack members that this version of the SDK does not know.
 */
function readJsonCommand() {
  const command = new GetModelInvocationLoggingConfigurationCommand({});
  let text = '{}';
  command.middlewareStack.add(
    next => async args => {
      const output = await next(args);
      const response = output.response as { body: AsyncIterable<Uint8Array> | Uint8Array };
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
      response.body = Buffer.concat(chunks);
      text = response.body.toString();
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'keepJson' },
  );
  // A `null` member means that the member is not set, so `undefined` replaces it.
  const json = () =>
    JSON.parse(text, (_, value: unknown) => value ?? undefined) as { loggingConfig?: LoggingConfiguration };
  return { command, json };
}

/**
 * Returns a command that writes a setting with all its members. The SDK alone would drop members that it does
 * not know.
 */
function writeJsonCommand(
  loggingConfig: LoggingConfiguration,
): PutModelInvocationLoggingConfigurationCommand {
  const command = new PutModelInvocationLoggingConfigurationCommand({ loggingConfig });
  command.middlewareStack.add(
    next => args => {
      const request = args.request as { body: unknown };
      request.body = JSON.stringify({ loggingConfig });
      return next(args);
    },
    // With these options, the middleware runs before the SDK computes the length of the body and signs the
    // request.
    { step: 'build', priority: 'high', name: 'writeJson' },
  );
  return command;
}
