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
import type { UsageOperation } from './token-usage';

/** SDK operation that calls a model. */
export interface ModelCall {
  readonly operation: string;
  /** Kind of response that the operation returns. */
  readonly reads: UsageOperation;
  /** Name of the response member that is a stream of events. Undefined if there is no stream. */
  readonly stream?: string;
  /** Format of `requestMetadata` in the request. Undefined if the request has no such member. */
  readonly metadata?: 'map' | 'json';
  /** Name of the request member that contains the model id. */
  readonly model?: string;
  /** Names of the request members that the model reads. */
  readonly content: readonly string[];
}

const CONVERSATION = ['messages', 'system', 'toolConfig'];

const newCall = (reads: UsageOperation, members: Partial<ModelCall> = {}): ModelCall => ({
  operation: reads,
  reads,
  content: [],
  ...members,
});

const CALLS: readonly ModelCall[] = [
  newCall('Converse', { metadata: 'map', model: 'modelId', content: CONVERSATION }),
  newCall('ConverseStream', { stream: 'stream', metadata: 'map', model: 'modelId', content: CONVERSATION }),
  newCall('InvokeModel', { metadata: 'json', model: 'modelId', content: ['body'] }),
  newCall('InvokeModelWithResponseStream', {
    stream: 'body',
    metadata: 'json',
    model: 'modelId',
    content: ['body'],
  }),
  // `content` is empty, because the request contains a stream of speech, which only the SDK may read.
  newCall('InvokeModelWithBidirectionalStream', { stream: 'body', model: 'modelId' }),
  // `model` is absent, because only the trace of a Bedrock agent shows the models that the agent calls.
  newCall('InvokeAgent', { stream: 'completion', content: ['inputText'] }),
  newCall('InvokeAgent', {
    operation: 'InvokeInlineAgent',
    stream: 'completion',
    model: 'foundationModel',
    content: ['inputText', 'instruction'],
  }),
];

const BY_OPERATION = new Map(
  // The last two are not SDK operations. Their responses are records of an invocation log or lines of a batch
  // job's output.
  [...CALLS, newCall('ModelInvocationLog'), newCall('BatchOutput')].map(call => [call.operation, call]),
);

/**
 * Returns the model call of an SDK command, such as `ConverseCommand`. Returns undefined if the command calls
 * no model.
 */
export function findCallOfCommand(name: string): ModelCall | undefined {
  return BY_OPERATION.get(name.replace(/Command$/, ''));
}

/**
 * Returns the model call that a response belongs to. Finds the model call by `operation`. If there is no such
 * operation, finds the model call by the members of the response.
 *
 * @returns undefined if `response` is a stream without a known operation, because only its events show the
 * operation
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

/** Returns the parts of a request that the model reads. Parses a body that is JSON. */
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
/**
 * Members that only the vendors' chunks have. A chunk with such a member is part of an InvokeModel stream.
 */
const CHUNK = /^(?:choices|outputs|generation|outputText|event_type)$/;
/** Names of the events in a speech-to-speech stream (Amazon Nova User Guide, "Handling output events"). */
const SPEECH_EVENT =
  /^(?:usageEvent|(?:completion|content)(?:Start|End)|(?:text|audio)Output|toolUse|userSpeech(?:Start|End))$/;
/** Starts of the event types in Anthropic's Messages API and in OpenAI's Responses API. */
const CHUNK_TYPE = /^(?:message_|content_block_|response\.)/;

/** Returns the operation that a parsed response belongs to, as the shape of the response shows. */
export function operationOfResponse(response: Json): UsageOperation {
  const { body, schemaType, modelOutput, usage, processedRecordCount } = response;
  if (body instanceof Uint8Array || typeof body === 'string' || isBody(body)) return 'InvokeModel';
  if (schemaType === 'ModelInvocationLog') return schemaType;
  if (isBody(modelOutput) || asCount(processedRecordCount) !== undefined) return 'BatchOutput';
  if (isSpeechEvent(response)) return 'InvokeModelWithBidirectionalStream';
  return asCount(asObject(usage)?.inputTokens) === undefined && isBody(response) ? 'InvokeModel' : 'Converse';
}

/**
 * Returns the operation of a stream. Detects the operation by the members of one event. Returns undefined if
 * the event can belong to several operations.
 */
export function operationOfEvent(event: unknown): UsageOperation | undefined {
  // `Object.keys` would list each byte of a `Uint8Array` as a member.
  const members = event instanceof Uint8Array ? {} : (asObject(event) ?? {});
  const has = (name: RegExp) => Object.keys(members).some(key => name.test(key));
  if (isSpeechEvent(members)) return 'InvokeModelWithBidirectionalStream';
  if (has(AGENT_EVENT)) return 'InvokeAgent';
  if (has(CONVERSE_EVENT)) return 'ConverseStream';
  const chunk = parseChunk(members);
  // The stream of a model and the stream of an agent both have chunks in bytes. Only the chunk of a model is
  // JSON.
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
 * Returns true for an event of a speech-to-speech stream. The event may be parsed, or it may be an SDK event
 * that contains bytes.
 */
export function isSpeechEvent(event: Json): boolean {
  return Object.keys(readSpeechEvent(event) ?? {}).some(key => SPEECH_EVENT.test(key));
}

/**
 * Returns true for a model vendor's body or chunk. The value must have usage or an embedding, or a guardrail
 * must have intervened.
 */
function isBody(value: unknown): boolean {
  const body = asObject(value);
  return (
    body !== undefined &&
    (findCounts(body) !== undefined || isEmbedding(body) || readIntervention(body) !== undefined)
  );
}

/** Returns true for the body of an embedding. Embeddings have no output tokens. */
export function isEmbedding(body: Json): boolean {
  return 'embedding' in body || 'embeddings' in body || 'embeddingsByType' in body || body.object === 'list';
}

/** Facts in a response that decide how the call is billed, apart from the tokens. */
export interface ResponseTerms {
  /** Service tier that served the call. It can differ from the tier in the request. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /** Id of the model that a prompt router chose. This model is billed. */
  readonly billedModelId?: string;
}

/** Response headers. The keys are lower-case names. */
export type Headers = Readonly<Record<string, string>>;

/** Names of the standard tier in bodies that have the format of OpenAI. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard']);
/**
 * Pattern of tier names. The pattern also matches a new tier, which has no price until it is added to the
 * price tables.
 */
const TIER = /^[a-z][a-z0-9_-]{0,23}$/;
/**
 * Operations whose responses can name the model that a prompt router chose. The body of InvokeModel has only
 * the model's own members.
 */
const ROUTED: ReadonlySet<unknown> = new Set<UsageOperation>(['Converse', 'ConverseStream']);

/**
 * Reads the billing terms in a response, in the last event of a stream, or in a body of the invocation log. A
 * term that is not in the response is read from `headers`, because an old SDK omits new members of the
 * response but returns all headers.
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
 * Reads the billing terms and the region of a call in its record of the invocation log. The output body of
 * Converse and ConverseStream can have all billing terms. The body of any other operation has only the
 * service tier.
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
 * Combines the billing terms of a response with the terms in the events of its stream. The terms in the
 * events take precedence.
 */
export function withEventTerms(terms: ResponseTerms, ofEvents: ResponseTerms): ResponseTerms {
  return {
    serviceTier: ofEvents.serviceTier ?? terms.serviceTier,
    latencyOptimized: ofEvents.latencyOptimized === true || terms.latencyOptimized,
    billedModelId: ofEvents.billedModelId ?? terms.billedModelId,
  };
}

/**
 * Reads the service tier from the member `service_tier` of a body in OpenAI's format, or of a chunk of its
 * stream. Bedrock's OpenAI-compatible endpoints return the tier only in this member.
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

/** Reads the stop reason in a model vendor's body, or in a chunk of its stream. */
export function readStopReason(body: Json): string | undefined {
  return readEarlyStopReason(body) ?? readLastStopReason(body);
}

/** Reads the stop reason in members that can be in any chunk of a stream. */
export function readEarlyStopReason(chunk: Json): string | undefined {
  return [asObject(chunk.delta)?.stop_reason, asObject(chunk.messageStop)?.stopReason, chunk.stopReason].find(
    isReason,
  );
}

/** Reads the stop reason in members that only a body or the last chunk of a stream has. */
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
