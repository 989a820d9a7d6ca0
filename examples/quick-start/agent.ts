import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { extractUsage, TokenTracker } from 'cdk-token-analytics/runtime';

/** What the agent is asked to do: some model calls, in order, for one incident or none. */
export interface AgentTask {
  readonly agentId: string;
  readonly incidentId?: string;
  readonly steps: readonly AgentStep[];
}

/** One model call. */
export interface AgentStep {
  readonly api: 'Converse' | 'ConverseStream' | 'InvokeModel';
  readonly modelId: string;
  readonly prompt: string;
  /** ISO 8601; a replayed step keeps its own time. Default: now. */
  readonly time?: string;
}

const bedrock = new BedrockRuntimeClient({});
const tracker = TokenTracker.fromEnvironment();

/** Works a task off; a step that fails does not stop the others. */
export const handler = tracker.handler(async (task: AgentTask) => {
  let failed = 0;
  for (const step of task.steps) {
    try {
      await call[step.api](task, step);
    } catch {
      failed += 1;
    }
  }
  return { steps: task.steps.length, failed };
});

const call = {
  Converse: (task: AgentTask, step: AgentStep) => tracker.track(contextOf(task, step), () => bedrock.send(new ConverseCommand({
    modelId: step.modelId,
    messages: [{ role: 'user', content: [{ text: step.prompt }] }],
  }))),

  InvokeModel: (task: AgentTask, step: AgentStep) => tracker.track(contextOf(task, step), () => bedrock.send(new InvokeModelCommand({
    modelId: step.modelId,
    body: JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 4096,
      messages: [{ role: 'user', content: step.prompt }],
    }),
  }))),

  ConverseStream: async (task: AgentTask, step: AgentStep) => {
    try {
      const { stream, $metadata } = await bedrock.send(new ConverseStreamCommand({
        modelId: step.modelId,
        messages: [{ role: 'user', content: [{ text: step.prompt }] }],
      }));
      const events = [];
      for await (const event of stream ?? []) events.push(event);
      const usage = extractUsage({ operation: 'ConverseStream', modelId: step.modelId, response: events });
      tracker.record({ ...contextOf(task, step), requestId: $metadata.requestId, usage });
    } catch (error) {
      tracker.record({ ...contextOf(task, step), error });
      throw error;
    }
  },
};

function contextOf(task: AgentTask, step: AgentStep) {
  return {
    agentId: task.agentId,
    incidentId: task.incidentId,
    modelId: step.modelId,
    operation: step.api,
    timestamp: step.time === undefined ? undefined : new Date(step.time),
  };
}
