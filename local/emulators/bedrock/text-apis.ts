import type { StreamEncoding } from './event-stream';
import {
  type Answered,
  type AnswerUsage,
  cacheWrites,
  invokeBody,
  invokeChunks,
  type Json,
  type ModelRequest,
  pieces,
  type Refused,
  type Replayed,
  type WireEvent,
} from './wire-shapes';

/** APIs of OpenAI and Anthropic that Bedrock serves. The model is in the body of the request. */
const TEXT_APIS = ['ChatCompletions', 'Responses', 'Messages'] as const;
type TextApi = (typeof TEXT_APIS)[number];

/** Time in generated answers, in seconds since 1970. */
const CREATED = 1_796_000_000;

export function isTextApi(operation: ModelRequest['operation']): operation is TextApi {
  return (TEXT_APIS as readonly string[]).includes(operation);
}

/** Type of the last event in a stream of Chat Completions. Its data is not JSON. */
const DONE = '[DONE]';

/** Encoding of server-sent events. The name of an event is the `type` of its data. */
export const SERVER_SENT_EVENTS: StreamEncoding = {
  contentType: 'text/event-stream; charset=utf-8',
  event: ({ type, body }) => {
    const name = type === '' || type === DONE ? '' : `event: ${type}\n`;
    return Buffer.from(`${name}data: ${type === DONE ? DONE : JSON.stringify(body)}\n\n`);
  },
  error: (type, message) =>
    Buffer.from(`event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`),
};

/** Creates the body of a response that is not a stream. */
export function bodyOf({ operation, modelId }: ModelRequest, answer: Answered | Replayed): unknown {
  if ('response' in answer) return answer.response;
  switch (operation) {
    case 'Messages':
      return { model: modelId, ...invokeBody(modelId, answer) };
    case 'Responses':
      return responseBody(modelId, answer);
    default:
      return {
        ...chatMembers(modelId, 'chat.completion'),
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: answer.text, refusal: null },
            finish_reason: answer.stopReason ?? 'stop',
            logprobs: null,
          },
        ],
        usage: chatUsage(answer.usage),
        ...tierMember(answer),
      };
  }
}

/** Creates the events of a response stream. */
export function streamedEventsOf(request: ModelRequest, answer: Answered | Replayed): WireEvent[] {
  const { operation, modelId } = request;
  const chunks =
    'response' in answer
      ? (answer.response as readonly Json[])
      : operation === 'Messages'
        ? messageChunks(modelId, answer)
        : operation === 'Responses'
          ? responseChunks(modelId, answer)
          : chatChunks(request, answer);
  const events = chunks.map(body => ({ type: typeof body.type === 'string' ? body.type : '', body }));
  return operation === 'ChatCompletions' ? [...events, { type: DONE, body: {} }] : events;
}

/** Creates the body of an error. */
export function refusalOf({ error: { type, message } }: Refused): Json {
  return { type: 'error', error: { type, message, code: null, param: null } };
}

/** Creates the events of the Messages API. They are those of InvokeModel, without Bedrock's own counts. */
function messageChunks(modelId: string, answer: Answered): Json[] {
  return invokeChunks(modelId, answer).map(({ 'amazon-bedrock-invocationMetrics': _, ...chunk }) =>
    chunk.type === 'message_start'
      ? { ...chunk, message: { model: modelId, stop_reason: null, ...(chunk.message as Json) } }
      : chunk,
  );
}

function chatMembers(model: string, object: string): Json {
  return { id: 'chatcmpl-1', object, created: CREATED, model };
}

function chatChunks({ modelId, body }: ModelRequest, answer: Answered): Json[] {
  const members = { ...chatMembers(modelId, 'chat.completion.chunk'), ...tierMember(answer) };
  const options = (body as { readonly stream_options?: { readonly include_usage?: boolean } }).stream_options;
  const hasUsage = options?.include_usage === true;
  const chunk = (delta: Json, reason: string | null = null): Json => ({
    ...members,
    choices: [{ index: 0, delta, finish_reason: reason, logprobs: null }],
    ...(hasUsage ? { usage: null } : {}),
  });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(answer.text).map(content => chunk({ content })),
    chunk({}, answer.stopReason ?? 'stop'),
    ...(hasUsage ? [{ ...members, choices: [], usage: chatUsage(answer.usage) }] : []),
  ];
}

function responseBody(modelId: string, answer: Answered): Json {
  return {
    ...responseMembers(modelId, 'completed'),
    output: [messageItem(answer.text)],
    usage: responseUsage(answer.usage),
    ...tierMember(answer),
  };
}

function responseMembers(model: string, status: string): Json {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: CREATED,
    status,
    model,
    error: null,
    output: [],
    usage: null,
  };
}

function messageItem(text: string): Json {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

function responseChunks(modelId: string, answer: Answered): Json[] {
  const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const chunks = [
    { type: 'response.created', response: responseMembers(modelId, 'in_progress') },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...messageItem(''), status: 'in_progress', content: [] },
    },
    {
      type: 'response.content_part.added',
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    },
    ...pieces(answer.text).map(delta => ({ type: 'response.output_text.delta', ...place, delta })),
    { type: 'response.output_text.done', ...place, text: answer.text },
    {
      type: 'response.content_part.done',
      ...place,
      part: { type: 'output_text', text: answer.text, annotations: [] },
    },
    { type: 'response.output_item.done', output_index: 0, item: messageItem(answer.text) },
    { type: 'response.completed', response: responseBody(modelId, answer) },
  ];
  return chunks.map((chunk, index) => ({ ...chunk, sequence_number: index }));
}

/** Returns the input tokens as OpenAI's APIs report them, including cache tokens. */
function allInput(usage: AnswerUsage): number {
  return usage.inputTokens + (usage.cacheReadTokens ?? 0) + cacheWrites(usage);
}

function cacheDetails(usage: AnswerUsage): Json {
  const writes = cacheWrites(usage);
  return {
    cached_tokens: usage.cacheReadTokens ?? 0,
    ...(writes > 0 ? { cache_write_tokens: writes } : {}),
  };
}

function chatUsage(usage: AnswerUsage): Json {
  return {
    prompt_tokens: allInput(usage),
    completion_tokens: usage.outputTokens,
    total_tokens: allInput(usage) + usage.outputTokens,
    prompt_tokens_details: cacheDetails(usage),
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function responseUsage(usage: AnswerUsage): Json {
  return {
    input_tokens: allInput(usage),
    input_tokens_details: cacheDetails(usage),
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: allInput(usage) + usage.outputTokens,
  };
}

function tierMember({ serviceTier }: Answered): Json {
  return serviceTier === undefined ? {} : { service_tier: serviceTier };
}
