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
 * @param client name of the SDK client. An operation that this package does not know is recorded as unpriced
 * if it is an operation of the Bedrock runtime with a `modelId` in its request, or an `Invoke…` operation or
 * `Evaluate` of AgentCore
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

/** Values in a response that decide the price of its tokens. */
export interface ResponseTerms {
  /** Service tier that served the call. It can differ from the tier in the request. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /**
   * Id of the model that a prompt router has chosen. This model is billed. Undefined without a prompt router.
   */
  readonly billedModelId?: string;
}

/** Response headers. Their names are in lower case. */
export type Headers = Readonly<Record<string, string>>;

/**
 * Names in `service_tier` that stand for the standard tier. Only bodies in OpenAI's format have this member.
 */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard']);
/**
 * Pattern for the name of a service tier. A new tier of AWS also matches. It has no price until it is in the
 * price tables.
 */
const TIER = /^[a-z][a-z0-9_-]{0,23}$/;
/**
 * Operations that return the model chosen by a prompt router. An InvokeModel body does not name this model.
 */
const ROUTED: ReadonlySet<unknown> = new Set<UsageOperation>(['Converse', 'ConverseStream']);

/**
 * Reads the billing terms in a response, in the last event of a stream, or in a body of the invocation log.
 * Missing terms are read from `headers`. An old SDK drops new members of a response, but keeps all headers.
 */
export function readTerms(response: Json, operation: string | undefined, headers?: Headers): ResponseTerms {
  const latency =
    response.performanceConfigLatency ??
    asObject(response.performanceConfig)?.latency ??
    headers?.['x-amzn-bedrock-performanceconfig-latency'];
  return {
    serviceTier:
      validText(response.serviceTier) ??
      validText(asObject(response.serviceTier)?.type) ??
      validText(headers?.['x-amzn-bedrock-service-tier']),
    latencyOptimized: latency === 'optimized',
    billedModelId: ROUTED.has(operation)
      ? validText(asObject(asObject(response.trace)?.promptRouter)?.invokedModelId)
      : undefined,
  };
}

/**
 * Reads the billing terms and the region in a record of the invocation log. All terms are read for Converse
 * and ConverseStream, and only the service tier for other operations.
 */
export function readLogTerms(record: Json): ResponseTerms & { readonly region?: string } {
  const body = asObject(record.output)?.outputBodyJson;
  const parts = (asEvents(body) ?? [body]).map(part => asObject(part) ?? {});
  const terms = parts.map(part =>
    ROUTED.has(record.operation)
      ? readTerms(asObject(part.metadata) ?? part, String(record.operation))
      : { serviceTier: readSpecialTier(part) },
  );
  return { ...terms.reduce(withEventTerms, {}), region: validText(record.region) };
}

/**
 * Merges the billing terms in a response (`terms`) with the billing terms in the events of its stream
 * (`ofEvents`). Terms in the events take precedence.
 */
export function withEventTerms(terms: ResponseTerms, ofEvents: ResponseTerms): ResponseTerms {
  return {
    serviceTier: ofEvents.serviceTier ?? terms.serviceTier,
    latencyOptimized: ofEvents.latencyOptimized === true || terms.latencyOptimized,
    billedModelId: ofEvents.billedModelId ?? terms.billedModelId,
  };
}

/**
 * Reads the service tier from the member `service_tier`. Only bodies and chunks in OpenAI's format have this
 * member.
 *
 * @returns undefined for the standard tier
 */
export function readSpecialTier(body: Json): string | undefined {
  const tier = body.service_tier ?? asObject(body.response)?.service_tier;
  return typeof tier === 'string' && TIER.test(tier) && !STANDARD_TIERS.has(tier) ? tier : undefined;
}

/** Reads the request id of a call from Bedrock's response or error. Never throws. */
export function requestIdOf(response: unknown): string | undefined {
  try {
    return validText(asObject(asObject(response)?.$metadata)?.requestId);
  } catch {
    return undefined;
  }
}

/** Reads the stop reason from an InvokeModel body, or from a chunk of its stream. */
export function readStopReason(body: Json): string | undefined {
  return readEarlyStopReason(body) ?? readLastStopReason(body);
}

/** Reads the stop reason from members that can be in any chunk of a stream. */
export function readEarlyStopReason(chunk: Json): string | undefined {
  return [asObject(chunk.delta)?.stop_reason, asObject(chunk.messageStop)?.stopReason, chunk.stopReason].find(
    isReason,
  );
}

/** Reads the stop reason from members that only a body or the last chunk of a stream has. */
export function readLastStopReason(chunk: Json): string | undefined {
  const parts = [chunk.choices, chunk.outputs, chunk.results].find(
    list => Array.isArray(list) && list.length > 0,
  ) as readonly unknown[] | undefined;
  const part = asObject(parts?.[0]);
  return [
    chunk.stop_reason,
    chunk.completionReason,
    chunk.finish_reason,
    part?.finish_reason,
    part?.stop_reason,
    part?.completionReason,
  ].find(isReason);
}

function isReason(reason: unknown): reason is string {
  return typeof reason === 'string' && reason !== '';
}
