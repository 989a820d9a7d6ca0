import {
  readCheckUnits,
  readGuardrailUnits,
  readSearchUnits,
  readVideoUnits,
  type UnitReading,
} from './billed-units';
import {
  asCount,
  asEvents,
  asObject,
  findCounts,
  type Json,
  parseChunk,
  parseJson,
  STREAM_METRICS,
  validText,
} from './counts';
import { readIntervention } from './guardrail';
import { readSpeechEvent } from './speech-usage';
import { NO_CACHE_TOKENS, type UsageOperation, type UsageReading } from './token-usage';

/** Description of an AWS SDK operation that calls a model: how to read its request and its response. */
export interface ModelCall {
  readonly operation: string;
  /**
   * Operation whose response format this operation uses. For InvokeInlineAgent, it is `InvokeAgent`.
   * Undefined if the response contains no token counts.
   */
  readonly reads?: UsageOperation;
  /** Name of the response member that is a stream of events. Undefined if there is no stream. */
  readonly stream?: string;
  /**
   * Format of `requestMetadata` in the request: an object (`map`) or JSON text. Undefined if the request has
   * no such member.
   */
  readonly metadata?: 'map' | 'json';
  /** Paths in the request to the id or ARN of the model. The first path with a text is used. */
  readonly model: readonly string[];
  /** Name that stands for the model if the request names no model, e.g. `bedrock-flows`. */
  readonly service?: ServiceName;
  /** Reads the billed units or tokens of an operation without `reads`. */
  readonly read?: (response: Json, request: Json) => UnitReading & Partial<UsageReading>;
  /** Names of the request members that contain input for the model, such as `messages`. */
  readonly content: readonly string[];
}

const CONVERSATION = ['messages', 'system', 'toolConfig'];

const newCall = (reads: UsageOperation, members: Partial<ModelCall> = {}): ModelCall => ({
  operation: reads,
  reads,
  model: [],
  content: [],
  ...members,
});
/** Returns the description of an operation whose response contains no token counts. */
const newUnreadCall = (operation: string, members: Partial<ModelCall> = {}): ModelCall => ({
  operation,
  model: [],
  content: [],
  ...members,
});

/** Names that stand for the model of calls that name no model. */
const SERVICES = ['bedrock-guardrails', 'bedrock-flows', 'bedrock-knowledge-bases', 'agentcore'] as const;
export type ServiceName = (typeof SERVICES)[number];
export const SERVICE_NAMES: ReadonlySet<string> = new Set(SERVICES);

const MODEL_ID = ['modelId'];
/** Paths in a RetrieveAndGenerate request to the model that writes the answer. */
const GENERATING_MODEL = [
  'retrieveAndGenerateConfiguration.knowledgeBaseConfiguration.modelArn',
  'retrieveAndGenerateConfiguration.externalSourcesConfiguration.modelArn',
];

const CALLS: readonly ModelCall[] = [
  newCall('Converse', { metadata: 'map', model: MODEL_ID, content: CONVERSATION }),
  newCall('ConverseStream', { stream: 'stream', metadata: 'map', model: MODEL_ID, content: CONVERSATION }),
  newCall('InvokeModel', { metadata: 'json', model: MODEL_ID, content: ['body'] }),
  newCall('InvokeModelWithResponseStream', {
    stream: 'body',
    metadata: 'json',
    model: MODEL_ID,
    content: ['body'],
  }),
  // `content` is omitted, because the request body is a stream of speech. Only the SDK may read this stream.
  newCall('InvokeModelWithBidirectionalStream', { stream: 'body', model: MODEL_ID }),
  // `model` is omitted, because the request has no model id. The agent's trace contains the model ids.
  newCall('InvokeAgent', { stream: 'completion', content: ['inputText'] }),
  newCall('InvokeAgent', {
    operation: 'InvokeInlineAgent',
    stream: 'completion',
    model: ['foundationModel'],
    content: ['inputText', 'instruction'],
  }),
  // The events of a harness have the format of ConverseStream.
  newCall('ConverseStream', {
    operation: 'InvokeHarness',
    stream: 'stream',
    model: ['model.bedrockModelConfig.modelId'],
    service: 'agentcore',
    content: ['messages', 'systemPrompt', 'tools'],
  }),
];

/**
 * Billed operations whose responses contain no token counts. A call without a known price is recorded as
 * unpriced.
 */
export const UNREAD_CALLS: readonly ModelCall[] = [
  newUnreadCall('ApplyGuardrail', { service: 'bedrock-guardrails', read: readGuardrailUnits }),
  newUnreadCall('InvokeGuardrailChecks', { service: 'bedrock-guardrails', read: readCheckUnits }),
  newUnreadCall('StartAsyncInvoke', { model: MODEL_ID, read: readVideoUnits }),
  newUnreadCall('Rerank', {
    model: ['rerankingConfiguration.bedrockRerankingConfiguration.modelConfiguration.modelArn'],
    service: 'bedrock-knowledge-bases',
    read: readSearchUnits,
  }),
  newUnreadCall('RetrieveAndGenerate', { model: GENERATING_MODEL, service: 'bedrock-knowledge-bases' }),
  newUnreadCall('RetrieveAndGenerateStream', { model: GENERATING_MODEL, service: 'bedrock-knowledge-bases' }),
  newUnreadCall('AgenticRetrieveStream', { service: 'bedrock-knowledge-bases' }),
  newUnreadCall('GenerateQuery', { service: 'bedrock-knowledge-bases' }),
  newUnreadCall('OptimizePrompt', { model: ['targetModelId'] }),
  newUnreadCall('InvokeFlow', { service: 'bedrock-flows' }),
  newUnreadCall('StartFlowExecution', { service: 'bedrock-flows' }),
];

/** Operations of AgentCore with token counts in their responses. No response names the model. */
const AGENT_CORE_CALLS: readonly ModelCall[] = [
  newUnreadCall('Evaluate', { service: 'agentcore', read: readEvaluation }),
];

/** InvokeFlow with `enableTrace`. Its stream contains the model calls of the agents in the flow. */
const TRACED_FLOW = newCall('InvokeAgent', {
  operation: 'InvokeFlow',
  stream: 'responseStream',
  service: 'bedrock-flows',
});

/** Operations with a `modelId` that Bedrock does not bill. */
const FREE_OPERATIONS: ReadonlySet<string> = new Set(['CountTokens']);
/** Name of the AWS SDK client whose operations with a `modelId` are billed, unless they are free. */
const RUNTIME_CLIENT = 'BedrockRuntimeClient';
/** Name of the AWS SDK client of AgentCore, and the names of its billed operations. */
const AGENT_CORE = { client: 'BedrockAgentCoreClient', billed: /^(?:Invoke|Evaluate$)/ };

const BY_OPERATION = new Map(
  // ModelInvocationLog and BatchOutput are not SDK operations. They stand for records of the invocation log
  // and for lines of a batch job.
  [...CALLS, ...UNREAD_CALLS, ...AGENT_CORE_CALLS, newCall('ModelInvocationLog'), newCall('BatchOutput')].map(
    call => [call.operation, call],
  ),
);

/**
 * Returns the description of an SDK command, such as `ConverseCommand`. Returns undefined if the command
 * calls no model.
 *
 * @param client name of the SDK client. Unknown operations are recorded as unpriced in two cases: the Bedrock
 * runtime gets a `modelId`, or AgentCore gets an `Invoke…` operation
 */
export function findCallOfCommand(
  name: string,
  client?: string,
  request?: Readonly<Record<string, unknown>>,
): ModelCall | undefined {
  const operation = name.replace(/Command$/, '');
  if (operation === TRACED_FLOW.operation && request?.enableTrace === true) return TRACED_FLOW;
  const known = BY_OPERATION.get(operation);
  if (known || FREE_OPERATIONS.has(operation)) return known;
  if (client === AGENT_CORE.client && AGENT_CORE.billed.test(operation)) {
    return newUnreadCall(operation, { service: 'agentcore' });
  }
  if (client !== RUNTIME_CLIENT || request?.modelId === undefined) return undefined;
  return newUnreadCall(operation, { model: MODEL_ID });
}

/** Adds up the tokens of all results of an evaluation. */
function readEvaluation(response: Json): Partial<UsageReading> {
  const counts = (asEvents(response.evaluationResults) ?? [])
    .map(result => asObject(asObject(result)?.tokenUsage))
    .filter(usage => usage !== undefined);
  if (counts.length === 0) return {};
  const sumOf = (name: string) => counts.reduce((sum, usage) => sum + (asCount(usage[name]) ?? 0), 0);
  return {
    usage: {
      uncachedInputTokens: sumOf('inputTokens'),
      ...NO_CACHE_TOKENS,
      outputTokens: sumOf('outputTokens'),
      source: 'usage',
      partial: false,
    },
  };
}

/** Returns the model id or ARN in a request, or the name of the service. Undefined if there is neither. */
export function findModelId({ model, service }: ModelCall, input: Json): string | undefined {
  for (const path of model) {
    const id = validText(path.split('.').reduce<unknown>((value, name) => asObject(value)?.[name], input));
    if (id !== undefined) return id;
  }
  return service;
}

/**
 * Returns the description of the operation that returned `response`. Uses the name in `operation` if it is
 * known, otherwise the members of the response.
 *
 * @returns undefined if the operation is unknown. If `response` is itself a stream, `operation` is necessary
 */
export function findCallOfResponse(operation: string | undefined, response: unknown): ModelCall | undefined {
  const named = BY_OPERATION.get(operation ?? '');
  if (named || isEvents(response)) return named;
  if (response instanceof Uint8Array) return BY_OPERATION.get('InvokeModel');
  const members = asObject(response);
  return (
    members &&
    (CALLS.find(({ stream }) => stream !== undefined && isEvents(members[stream])) ??
      BY_OPERATION.get(operationOfResponse(members)))
  );
}

/** Returns the parts of a request that are input for the model. Parses a JSON body. */
export function readContent({ content }: ModelCall, input: Json): unknown {
  return content.map(member => (member === 'body' ? parseJson(input.body) : input[member]));
}

/** Events of a response: a stream of events, or an array of events that were already read. */
type Events = AsyncIterable<unknown> | readonly unknown[];

/** Returns the events of a response. Returns undefined if the response has no events. */
export function findEvents(call: ModelCall | undefined, response: unknown): Events | undefined {
  if (!call?.stream) return call || !isEvents(response) ? undefined : response;
  return [asObject(response)?.[call.stream], response].find(isEvents);
}

function isEvents(value: unknown): value is Events {
  return (
    Array.isArray(value) ||
    (!(value instanceof Uint8Array) &&
      typeof (asObject(value) as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator] ===
        'function')
  );
}

const AGENT_EVENT = /^(?:trace|returnControl|files)$/;
const CONVERSE_EVENT = /^(?:message(?:Start|Stop)|contentBlock(?:Start|Delta|Stop)|metadata)$/;
/** Pattern for the names of members that only chunks of an InvokeModel stream have. */
const CHUNK = /^(?:choices|outputs|generation|outputText|event_type)$/;
/** Names of the events in a speech-to-speech stream (Amazon Nova User Guide, "Handling output events"). */
const SPEECH_EVENT =
  /^(?:usageEvent|(?:completion|content)(?:Start|End)|(?:text|audio)Output|toolUse|userSpeech(?:Start|End))$/;
/** Pattern for the `type` of chunks in Anthropic's Messages API and in OpenAI's Responses API. */
const CHUNK_TYPE = /^(?:message_|content_block_|response\.)/;

/** Derives the operation from the members of its response. */
export function operationOfResponse(response: Json): UsageOperation {
  const { body, schemaType, modelOutput, usage, processedRecordCount } = response;
  if (body instanceof Uint8Array || typeof body === 'string' || isBody(body)) return 'InvokeModel';
  if (schemaType === 'ModelInvocationLog') return schemaType;
  if (isBody(modelOutput) || asCount(processedRecordCount) !== undefined) return 'BatchOutput';
  if (isSpeechEvent(response)) return 'InvokeModelWithBidirectionalStream';
  return asCount(asObject(usage)?.inputTokens) === undefined && isBody(response) ? 'InvokeModel' : 'Converse';
}

/**
 * Derives the operation of a stream from the members of one event. Returns undefined if the event can belong
 * to several operations.
 */
export function operationOfEvent(event: unknown): UsageOperation | undefined {
  // A `Uint8Array` becomes `{}`, because `Object.keys` would otherwise list each of its bytes.
  const members = event instanceof Uint8Array ? {} : (asObject(event) ?? {});
  const has = (name: RegExp) => Object.keys(members).some(key => name.test(key));
  if (isSpeechEvent(members)) return 'InvokeModelWithBidirectionalStream';
  if (has(AGENT_EVENT)) return 'InvokeAgent';
  if (has(CONVERSE_EVENT)) return 'ConverseStream';
  const chunk = parseChunk(members);
  // If the bytes of the chunk are not JSON, the chunk is from an agent. Chunks of models are JSON.
  if (!chunk) return 'InvokeAgent';
  return chunk !== members ||
    has(CHUNK) ||
    CHUNK_TYPE.test(String(chunk.type)) ||
    isBody(chunk) ||
    STREAM_METRICS in chunk
    ? 'InvokeModelWithResponseStream'
    : undefined;
}

/**
 * Returns true for an event of a speech-to-speech stream. `event` is an SDK event with JSON in bytes, or the
 * parsed JSON.
 */
export function isSpeechEvent(event: Json): boolean {
  return Object.keys(readSpeechEvent(event) ?? {}).some(key => SPEECH_EVENT.test(key));
}

/**
 * Returns true if `value` is an InvokeModel body or a chunk of its stream. It must contain token counts, an
 * embedding or the intervention of a guardrail.
 */
function isBody(value: unknown): boolean {
  const body = asObject(value);
  return (
    body !== undefined &&
    (findCounts(body) !== undefined || isEmbedding(body) || readIntervention(body) !== undefined)
  );
}

/** Returns true if a body contains embeddings. Bedrock reports no output tokens for them. */
export function isEmbedding(body: Json): boolean {
  return 'embedding' in body || 'embeddings' in body || 'embeddingsByType' in body || body.object === 'list';
}

/** Reads the request id of a call from Bedrock's response or error. Never throws. */
export function requestIdOf(response: unknown): string | undefined {
  try {
    return validText(asObject(asObject(response)?.$metadata)?.requestId);
  } catch {
    return undefined;
  }
}
