// Calls of the Vercel AI SDK. Versions 6 and 7 have the same functions.
import { abortAfterFirst, PROMPT, serve, TOOL } from './serve.mjs';

const CREDENTIALS = { region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test' };
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const GPT = 'openai.gpt-oss-120b-1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';

/**
 * Waits for the calls of a test, and makes them with the functions of the AI SDK.
 *
 * @param providers functions that create the three Bedrock providers
 */
export function serveAiSdk({ embed, generateText, streamText, tool, jsonSchema }, providers) {
  const callsOf = model => ({
    invoke: async () => {
      const { text, finishReason, usage } = await generateText({ model, prompt: PROMPT, maxRetries: 0 });
      return { text, finishReason, usage };
    },
    stream: async () => {
      const result = streamText({ model, prompt: PROMPT, maxRetries: 0 });
      const parts = [];
      for await (const part of result.textStream) parts.push(part);
      return { parts, usage: await result.usage };
    },
    tools: async () => {
      const tools = {
        [TOOL.name]: tool({ description: TOOL.description, inputSchema: jsonSchema(TOOL.parameters) }),
      };
      const result = await generateText({ model, prompt: PROMPT, tools, maxRetries: 0 });
      return result.toolCalls.map(({ toolName, input }) => ({ toolName, input }));
    },
    abort: async () => {
      const controller = new AbortController();
      const { textStream } = streamText({
        model,
        prompt: PROMPT,
        maxRetries: 0,
        abortSignal: controller.signal,
        onError: () => undefined,
      });
      return abortAfterFirst(textStream, controller);
    },
    error: () => generateText({ model, prompt: PROMPT, maxRetries: 0 }),
  });
  serve({
    Converse: ({ endpoint, fetch }) => {
      const bedrock = providers.createAmazonBedrock({ ...CREDENTIALS, baseURL: endpoint, fetch });
      return {
        ...callsOf(bedrock(SONNET)),
        embed: async () => {
          const { embedding, usage } = await embed({ model: bedrock.embedding(TITAN), value: PROMPT });
          return { embedding, usage };
        },
      };
    },
    InvokeModel: ({ endpoint, fetch }) =>
      callsOf(providers.createBedrockAnthropic({ ...CREDENTIALS, baseURL: endpoint, fetch })(SONNET)),
    ChatCompletions: ({ endpoint, fetch }) =>
      callsOf(providers.createBedrockMantle({ ...CREDENTIALS, baseURL: `${endpoint}/v1`, fetch }).chat(GPT)),
    Responses: ({ endpoint, fetch }) =>
      callsOf(
        providers.createBedrockMantle({ ...CREDENTIALS, baseURL: `${endpoint}/v1`, fetch }).responses(GPT),
      ),
  });
}
