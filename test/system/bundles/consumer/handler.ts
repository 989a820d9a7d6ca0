import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { replaySpills, TokenTracker } from 'cdk-token-analytics/runtime';

const tracker = TokenTracker.fromEnvironment();
const bedrock = tracker.instrument(new BedrockRuntimeClient({}), { agentId: 'triage' });

export const handler = tracker.handler(
  async ({ incidentId, questions }: { incidentId: string; questions: readonly string[] }) =>
    tracker.run({ incidentId }, async () => {
      const answers: (string | undefined)[] = [];
      for (const text of questions) {
        const { output } = await bedrock.send(
          new ConverseCommand({
            modelId: 'amazon.nova-micro-v1:0',
            messages: [{ role: 'user', content: [{ text }] }],
          }),
        );
        answers.push(output?.message?.content?.[0]?.text);
      }
      return answers;
    }),
);

export const replay = (lines: readonly string[]) =>
  replaySpills(lines, { tableName: process.env.TOKEN_ANALYTICS_TABLE ?? '' });
