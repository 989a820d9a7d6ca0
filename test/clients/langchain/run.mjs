// LangChain and LangGraph with the version of the AWS SDK that `@langchain/aws` installs.
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { BedrockEmbeddings, ChatBedrockConverse } from '@langchain/aws';
import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { abortAfterFirst, PROMPT, serve, TOOL } from '../serve.mjs';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';

const findService = tool(() => 'It has failed.', {
  name: TOOL.name,
  description: TOOL.description,
  schema: TOOL.parameters,
});

const toOutcome = ({ content, tool_calls: calls, usage_metadata: usage }) => ({ content, calls, usage });

serve({
  Converse: ({ endpoint, tracker }) => {
    const client = new BedrockRuntimeClient({
      endpoint,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    tracker?.instrument(client);
    const options = { client, region: 'us-east-1', maxRetries: 0 };
    const model = new ChatBedrockConverse({ ...options, model: SONNET });
    return {
      invoke: async () => toOutcome(await model.invoke(PROMPT)),
      stream: async () => {
        const parts = [];
        for await (const { content } of await model.stream(PROMPT)) parts.push(content);
        return parts;
      },
      tools: async () => toOutcome(await model.bindTools([findService]).invoke(PROMPT)),
      abort: () => {
        const abort = async () => {
          const controller = new AbortController();
          return abortAfterFirst(await model.stream(PROMPT, { signal: controller.signal }), controller);
        };
        // LangChain does not close an aborted stream, so the call is recorded at the end of the handler.
        return tracker ? tracker.handler(abort)() : abort();
      },
      error: () => model.invoke(PROMPT),
      embed: async () => ({
        embedding: await new BedrockEmbeddings({ ...options, model: TITAN }).embedQuery(PROMPT),
      }),
      agent: async () => {
        const agent = createReactAgent({ llm: model, tools: [findService] });
        const { messages } = await agent.invoke({ messages: [{ role: 'user', content: PROMPT }] });
        return messages.map(toOutcome);
      },
    };
  },
});
