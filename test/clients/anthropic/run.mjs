import { AnthropicBedrock, AnthropicBedrockMantle } from '@anthropic-ai/bedrock-sdk';
import { abortAfterFirst, PROMPT, serve, TOOL } from '../serve.mjs';

const request = {
  model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  max_tokens: 100,
  messages: [{ role: 'user', content: PROMPT }],
};

const callsOf = client => ({
  invoke: async () => {
    const { content, usage, stop_reason: reason } = await client.messages.create(request);
    return { content, usage, reason };
  },
  stream: async () => {
    const events = [];
    for await (const event of await client.messages.create({ ...request, stream: true })) events.push(event);
    return events;
  },
  tools: async () => {
    const { name, description, parameters } = TOOL;
    const tools = [{ name, description, input_schema: parameters }];
    return (await client.messages.create({ ...request, tools })).content;
  },
  abort: async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const stream = await client.messages.create({ ...request, stream: true }, { signal });
    return abortAfterFirst(stream, controller);
  },
  error: () => client.messages.create(request),
});

const options = { awsRegion: 'us-east-1', maxRetries: 0 };
const keys = { awsAccessKey: 'test', awsSecretKey: 'test' };
serve({
  InvokeModel: ({ endpoint, fetch }) =>
    callsOf(new AnthropicBedrock({ ...options, ...keys, baseURL: endpoint, fetch })),
  Messages: ({ endpoint, fetch }) =>
    callsOf(
      new AnthropicBedrockMantle({ ...options, apiKey: 'test', baseURL: `${endpoint}/anthropic`, fetch }),
    ),
});
