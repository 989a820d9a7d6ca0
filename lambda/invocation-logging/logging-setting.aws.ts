import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Stage } from './carry-out';

/**
 * With them a call ends within 20 seconds, so that CloudFormation gets an answer before the function's end.
 */
const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
};

/** Connects Bedrock's setting of the account and region, and the status of a stack. */
export function connectStage(stackId: string): Pick<Stage, 'setting' | 'stackStatus'> {
  const bedrock = new BedrockClient(LIMITS);
  return {
    setting: {
      read: async () =>
        (await bedrock.send(new GetModelInvocationLoggingConfigurationCommand({}))).loggingConfig,
      write: async loggingConfig => {
        await bedrock.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig }));
      },
      remove: async () => {
        await bedrock.send(new DeleteModelInvocationLoggingConfigurationCommand({}));
      },
    },
    stackStatus: async () => {
      const { Stacks } = await new CloudFormationClient(LIMITS).send(
        new DescribeStacksCommand({ StackName: stackId }),
      );
      return Stacks?.[0]?.StackStatus;
    },
  };
}
