import { Agent, BedrockModel, InvokeModelStage, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { PROMPT, serve, TOOL } from '../serve.mjs';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const GPT = 'openai.gpt-oss-120b-1:0';

const findService = tool({
  name: TOOL.name,
  description: TOOL.description,
  inputSchema: TOOL.parameters,
  callback: () => 'It has failed.',
});

/** Creates an agent that makes each call once, because Strands repeats calls after some errors. */
function newAgent(model, tracker, tools = []) {
  const agent = new Agent({ model, tools, printer: false, retryStrategy: null });
  if (tracker) agent.addMiddleware(InvokeModelStage, tracker.strands());
  return agent;
}

/** Reads the text of an agent's stream. Calls `onText` for each part. */
async function readTexts(stream, onText) {
  const texts = [];
  for await (const { type, event } of stream) {
    if (type !== 'modelStreamUpdateEvent' || event.delta?.type !== 'textDelta') continue;
    texts.push(event.delta.text);
    if (onText?.() === 'leave') break;
  }
  return texts;
}

const toOutcome = ({ stopReason, lastMessage, metrics }) => ({
  stopReason,
  content: lastMessage.content,
  usage: metrics.accumulatedUsage,
});

/** Returns the calls of agents with a model. `newModel` creates the model. */
const callsOf = (newModel, tracker) => ({
  invoke: async () => toOutcome(await newAgent(newModel(), tracker).invoke(PROMPT)),
  stream: () => readTexts(newAgent(newModel(), tracker).stream(PROMPT)),
  tools: async () => {
    const agent = newAgent(newModel(), tracker, [findService]);
    const { stopReason } = await agent.invoke(PROMPT);
    return { stopReason, messages: agent.messages.map(({ role, content }) => ({ role, content })) };
  },
  abort: async () => {
    const controller = new AbortController();
    const stream = newAgent(newModel(), tracker).stream(PROMPT, { cancelSignal: controller.signal });
    return readTexts(stream, () => controller.abort());
  },
  leave: () => readTexts(newAgent(newModel(), tracker).stream(PROMPT), () => 'leave'),
  error: () => newAgent(newModel(), tracker).invoke(PROMPT),
});

const bedrockModel = (endpoint, config) => () =>
  new BedrockModel({
    modelId: SONNET,
    region: 'us-east-1',
    clientConfig: {
      endpoint,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    ...config,
  });
const openAiModel =
  ({ endpoint, fetch }, config) =>
  () =>
    new OpenAIModel({
      modelId: GPT,
      apiKey: 'test',
      clientConfig: { baseURL: `${endpoint}/v1`, maxRetries: 0, fetch },
      ...config,
    });

serve({
  ConverseStream: ({ endpoint, tracker }) => callsOf(bedrockModel(endpoint), tracker),
  Converse: ({ endpoint, tracker }) => callsOf(bedrockModel(endpoint, { stream: false }), tracker),
  Flex: ({ endpoint, tracker }) =>
    callsOf(bedrockModel(endpoint, { additionalArgs: { serviceTier: { type: 'flex' } } }), tracker),
  ChatCompletions: ({ endpoint, tracker }) => callsOf(openAiModel({ endpoint }, { api: 'chat' }), tracker),
  Responses: ({ endpoint, tracker }) => callsOf(openAiModel({ endpoint }), tracker),
  // Both the middleware and `tracker.fetch` see the call.
  Fetch: ({ endpoint, fetch, tracker }) =>
    callsOf(openAiModel({ endpoint, fetch }, { api: 'chat' }), tracker),
  // A model of another provider. Its calls are not recorded.
  OpenAI: ({ endpoint, tracker }) =>
    callsOf(openAiModel({ endpoint }, { api: 'chat', modelId: 'gpt-5.4' }), tracker),
});
