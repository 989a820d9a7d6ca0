import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { TokenTracker } from 'cdk-token-analytics/runtime';

/** Task of an agent. The agent makes the model calls in `steps` in order. */
export interface AgentTask {
  readonly agentId: string;
  readonly incidentId?: string;
  readonly steps: readonly AgentStep[];
}

/** One model call of a task. */
export interface AgentStep {
  readonly api: 'Converse' | 'ConverseStream' | 'InvokeModel';
  readonly modelId: string;
  readonly prompt: string;
  /**
   * Recorded time of the call in ISO 8601, for example to replay an earlier day. Default: the current time.
   */
  readonly time?: string;
}

const tracker = TokenTracker.fromEnvironment();
const bedrock = tracker.instrument(new BedrockRuntimeClient({}));

/** Runs all steps of a task. A failed step does not stop the next steps. */
export const handler = tracker.handler(async ({ agentId, incidentId, steps }: AgentTask) => {
  let failed = 0;
  for (const step of steps) {
    try {
      await tracker.run(
        { agentId, incidentId, timestamp: step.time === undefined ? undefined : new Date(step.time) },
        () => call[step.api](step),
      );
    } catch {
      failed += 1;
    }
  }
  return { steps: steps.length, failed };
});

const call = {
  Converse: ({ modelId, prompt }: AgentStep) =>
    bedrock.send(
      new ConverseCommand({
        modelId,
        messages: [{ role: 'user', content: [{ text: prompt }] }],
      }),
    ),

  InvokeModel: ({ modelId, prompt }: AgentStep) =>
    bedrock.send(
      new InvokeModelCommand({
        modelId,
        body: JSON.stringify({
          anthropic_version: 'bedrock-2023-05-31',
          max_tokens: 4096,
          messages: [{ role: 'user', content: prompt }],
        }),
      }),
    ),

  ConverseStream: async ({ modelId, prompt }: AgentStep) => {
    const { stream } = await bedrock.send(
      new ConverseStreamCommand({
        modelId,
        messages: [{ role: 'user', content: [{ text: prompt }] }],
      }),
    );
    let answer = '';
    for await (const event of stream ?? []) answer += event.contentBlockDelta?.delta?.text ?? '';
    return answer;
  },
};
