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
  /** Kind of the operation's response. */
  readonly reads: UsageOperation;
  /** Member of the response that is a stream of events. */
  readonly stream?: string;
  /** Format of the request's `requestMetadata`. Undefined if the operation does not have this member. */
  readonly metadata?: 'map' | 'json';
  /** Member of the request with the model's id. */
  readonly model?: string;
  /** Members of the request that the model reads. */
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
  // Its request contains a stream of speech, which must be left to the SDK.
  newCall('InvokeModelWithBidirectionalStream', { stream: 'body', model: 'modelId' }),
  // The models that a Bedrock agent calls are only in its trace.
  newCall('InvokeAgent', { stream: 'completion', content: ['inputText'] }),
  newCall('InvokeAgent', {
    operation: 'InvokeInlineAgent',
    stream: 'completion',
    model: 'foundationModel',
    content: ['inputText', 'instruction'],
  }),
];

const BY_OPERATION = new Map(
  // The last two are read from the output of other programs: from an invocation log or a batch job.
  [...CALLS, newCall('ModelInvocationLog'), newCall('BatchOutput')].map(call => [call.operation, call]),
);

/** Returns the model call of a command by the command's name; undefined if the command calls no model. */
export function findCallOfCommand(name: string): ModelCall | undefined {
  return BY_OPERATION.get(name.replace(/Command$/, ''));
}

/**
 * Returns the model call of a response by the name of its operation, or else by its shape.
 *
 * @returns undefined for a stream without a named operation. Its events show the operation
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

/** Returns the content of a request that the model reads. Bodies in JSON are parsed. */
export function readContent({ content }: ModelCall, input: Json): unknown {
  return content.map(member => (member === 'body' ? parseJson(input.body) : input[member]));
}

/** Events of a response: a stream, or an array of events that were read. */
type Events = AsyncIterable<unknown> | readonly unknown[];

/** Returns the events of a response; undefined if it is not a stream. */
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
/** Members of vendors' chunks. Each chunk has one of them. */
const CHUNK = /^(?:choices|outputs|generation|outputText|event_type)$/;
/** Events of a speech-to-speech stream (Amazon Nova User Guide, "Handling output events"). */
const SPEECH_EVENT =
  /^(?:usageEvent|(?:completion|content)(?:Start|End)|(?:text|audio)Output|toolUse|userSpeech(?:Start|End))$/;
/** Event types of Anthropic's Messages and OpenAI's Responses. */
const CHUNK_TYPE = /^(?:message_|content_block_|response\.)/;

/** Returns the operation of a parsed response by its shape. */
export function operationOfResponse(response: Json): UsageOperation {
  const { body, schemaType, modelOutput, usage, processedRecordCount } = response;
  if (body instanceof Uint8Array || typeof body === 'string' || isBody(body)) return 'InvokeModel';
  if (schemaType === 'ModelInvocationLog') return schemaType;
  if (isBody(modelOutput) || asCount(processedRecordCount) !== undefined) return 'BatchOutput';
  if (isSpeechEvent(response)) return 'InvokeModelWithBidirectionalStream';
  return asCount(asObject(usage)?.inputTokens) === undefined && isBody(response) ? 'InvokeModel' : 'Converse';
}

/** Returns the operation of a stream by the shape of one event; undefined if the event does not show it. */
export function operationOfEvent(event: unknown): UsageOperation | undefined {
  // Each byte of an array of bytes would be a member.
  const members = event instanceof Uint8Array ? {} : (asObject(event) ?? {});
  const has = (name: RegExp) => Object.keys(members).some(key => name.test(key));
  if (isSpeechEvent(members)) return 'InvokeModelWithBidirectionalStream';
  if (has(AGENT_EVENT)) return 'InvokeAgent';
  if (has(CONVERSE_EVENT)) return 'ConverseStream';
  const chunk = parseChunk(members);
  // Models and agents both stream chunks of bytes. Chunks of a model are JSON, chunks of an agent are text.
  if (!chunk) return 'InvokeAgent';
  return chunk !== members ||
    has(CHUNK) ||
    CHUNK_TYPE.test(String(chunk.type)) ||
    isBody(chunk) ||
    STREAM_METRICS in chunk
    ? 'InvokeModelWithResponseStream'
    : undefined;
}

/** Returns true for an event of a speech-to-speech stream: parsed, or an event of the SDK with its bytes. */
export function isSpeechEvent(event: Json): boolean {
  return Object.keys(readSpeechEvent(event) ?? {}).some(key => SPEECH_EVENT.test(key));
}

/** Returns true for a vendor's body or chunk that has usage or was blocked. */
function isBody(value: unknown): boolean {
  const body = asObject(value);
  return (
    body !== undefined &&
    (findCounts(body) !== undefined || isEmbedding(body) || readIntervention(body) !== undefined)
  );
}

/** Returns true for the body of an embedding, which has no output tokens. */
export function isEmbedding(body: Json): boolean {
  return 'embedding' in body || 'embeddings' in body || 'embeddingsByType' in body || body.object === 'list';
}

/** Facts of a response, other than its tokens, that decide how its call is billed. */
export interface ResponseTerms {
  /** Tier that served the call. It can differ from the tier in the request. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /** Model that a prompt router invoked, and that is billed. */
  readonly billedModelId?: string;
}

/** Response headers by lower-case name. */
export type Headers = Readonly<Record<string, string>>;

/** Names of the standard tier in bodies of OpenAI's shape. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard']);
/** Name of a tier. A new tier has no price until it is listed. */
const TIER = /^[a-z][a-z0-9_-]{0,23}$/;
/** Operations that a prompt router serves. Bodies of InvokeModel have only the model's own members. */
const ROUTED: ReadonlySet<unknown> = new Set<UsageOperation>(['Converse', 'ConverseStream']);

/**
 * Reads the terms in a response, in the last event of a stream, or in a body of the invocation log. Old
 * clients do not know all members, but have all headers.
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
 * Reads the terms in the output body of an invocation log record, with the region of its call. The body of
 * InvokeModel has only the model's own members.
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

/** Completes the terms of a response with those in the events of its stream. */
export function withEventTerms(terms: ResponseTerms, ofEvents: ResponseTerms): ResponseTerms {
  return {
    serviceTier: ofEvents.serviceTier ?? terms.serviceTier,
    latencyOptimized: ofEvents.latencyOptimized === true || terms.latencyOptimized,
    billedModelId: ofEvents.billedModelId ?? terms.billedModelId,
  };
}

/**
 * Reads the tier in a body of OpenAI's shape, or in a chunk of its stream. Responses of the OpenAI-compatible
 * endpoints have no other member for it.
 *
 * @returns undefined for the standard tier
 */
export function readSpecialTier(body: Json): string | undefined {
  const tier = body.service_tier ?? asObject(body.response)?.service_tier;
  return typeof tier === 'string' && TIER.test(tier) && !STANDARD_TIERS.has(tier) ? tier : undefined;
}

/** Reads Bedrock's id of a call from its response or its error. It never throws. */
export function requestIdOf(response: unknown): string | undefined {
  try {
    return validText(asObject(asObject(response)?.$metadata)?.requestId);
  } catch {
    return undefined;
  }
}

/** Reads the stop reason in a vendor's body, or in a chunk of its stream. */
export function readStopReason(body: Json): string | undefined {
  return readEarlyStopReason(body) ?? readLastStopReason(body);
}

/** Reads the stop reason of a chunk that need not be the last one. */
export function readEarlyStopReason(chunk: Json): string | undefined {
  return [asObject(chunk.delta)?.stop_reason, asObject(chunk.messageStop)?.stopReason, chunk.stopReason].find(
    isReason,
  );
}

/** Reads the stop reason of a body, or of the last chunk of a stream. */
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
