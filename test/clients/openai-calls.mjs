// Calls of the OpenAI SDK. Versions 6 and 7 have the same functions.
import { abortAfterFirst, PROMPT, serve, TOOL } from './serve.mjs';

const model = 'openai.gpt-oss-120b-1:0';

function chatCalls({ chat }) {
  const request = { model, messages: [{ role: 'user', content: PROMPT }] };
  const streamed = { ...request, stream: true, stream_options: { include_usage: true } };
  return {
    invoke: () => chat.completions.create(request),
    stream: async () => {
      const chunks = [];
      for await (const chunk of await chat.completions.create(streamed)) chunks.push(chunk);
      return chunks;
    },
    tools: async () => {
      const tools = [{ type: 'function', function: TOOL }];
      return (await chat.completions.create({ ...request, tools })).choices[0].message.tool_calls;
    },
    abort: async () => {
      const controller = new AbortController();
      const stream = await chat.completions.create(streamed, { signal: controller.signal });
      return abortAfterFirst(stream, controller);
    },
    error: () => chat.completions.create(request),
  };
}

function responseCalls({ responses }) {
  const request = { model, input: PROMPT };
  return {
    invoke: async () => {
      const { output_text: text, usage } = await responses.create(request);
      return { text, usage };
    },
    stream: async () => {
      const events = [];
      for await (const event of await responses.create({ ...request, stream: true })) events.push(event);
      return events;
    },
    tools: async () => {
      const tools = [{ type: 'function', strict: true, ...TOOL }];
      return (await responses.create({ ...request, tools })).output;
    },
    abort: async () => {
      const controller = new AbortController();
      const { signal } = controller;
      return abortAfterFirst(await responses.create({ ...request, stream: true }, { signal }), controller);
    },
    error: () => responses.create(request),
  };
}

/** Waits for the calls of a test, and makes them with a client that `newClient` creates. */
export function serveOpenAi(newClient) {
  const client = ({ endpoint, fetch }) =>
    newClient({ baseURL: `${endpoint}/openai/v1`, apiKey: 'test', maxRetries: 0, fetch });
  serve({
    ChatCompletions: given => chatCalls(client(given)),
    Responses: given => responseCalls(client(given)),
  });
}
