import { validText } from '../invocation/valid-values';
import { asEvents, type Json, asObject } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import { readStopReason } from '../usage/stream-counts';
import type { UsageOperation, UsageReading } from '../usage/token-usage';

/** Facts of a response that decide how its call is billed, beside the tokens. */
export interface ResponseTerms {
  /** Tier that served the call, which need not be the one that was asked for. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /** Model that a prompt router invoked. It is the one that is billed. */
  readonly billedModelId?: string;
}

/** Facts of an answer. */
export interface AnswerFacts extends Partial<UsageReading>, ResponseTerms {
  /** True if the call was part of a batch job. */
  readonly batch?: boolean;
  /** Region of the call, if the answer is a log record. */
  readonly region?: string;
  readonly stopReason?: string;
}

/** Response headers by lower-case name. */
export type Headers = Readonly<Record<string, string>>;

/**
 * So large are answers of many embeddings: where their headers tell the counts, they are not parsed for them.
 */
const LARGE_BODY = 1_000_000;
/** Names of the standard tier in bodies of OpenAI's shape. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'auto', 'standard']);
/** Name of a tier. New tiers have no price until they are listed. */
const TIER = /^[a-z][a-z0-9_-]{0,23}$/;
/** Operations that a prompt router serves. The body of InvokeModel is the model's own. */
const ROUTED: ReadonlySet<unknown> = new Set<UsageOperation>(['Converse', 'ConverseStream']);

/**
 * Returns a function that extracts the facts of a non-streaming answer without modifying it. Only that
 * function parses the body, because parsing takes milliseconds for each megabyte.
 */
export function answerReader(
  reads: UsageOperation,
  modelId: string,
  response: unknown,
  headers?: Headers,
): () => AnswerFacts {
  const members = asObject(response) ?? {};
  const isParsedBody = reads === 'InvokeModel' && members.body === undefined;
  const terms =
    reads === 'ModelInvocationLog'
      ? readLogTerms(members)
      : readTerms(isParsedBody ? {} : members, reads, headers);
  const stopReason = validText(members.stopReason);
  const body = reads === 'InvokeModel' ? (members.body ?? response) : response;
  return () => {
    const parsed = parseBody(body, headers);
    return {
      ...readUsage({
        operation: reads,
        modelId: terms.billedModelId ?? modelId,
        response: parsed,
        headers,
      }),
      ...terms,
      serviceTier: terms.serviceTier ?? (parsed && specialTierOf(parsed)),
      stopReason: stopReason ?? (parsed && readStopReason(parsed)),
      batch: reads === 'BatchOutput',
    };
  };
}

/**
 * Returns the terms in a response, in the event at the end of a stream, or in a body of the invocation log.
 * Headers have them also for a client that is too old to know their members.
 *
 * @param operation operation of the call
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
    billedModelId: ROUTED.has(operation) ? routedModelOf(response) : undefined,
  };
}

/**
 * Returns the terms in a record of the invocation log, with the region of its call. They stand in its body.
 * The body of InvokeModel is the model's own, and has no member of the service's.
 */
export function readLogTerms(record: Json): ResponseTerms & { readonly region?: string } {
  const body = asObject(record.output)?.outputBodyJson;
  const parts = (asEvents(body) ?? [body]).map(part => asObject(part) ?? {});
  const terms = parts.map(part =>
    ROUTED.has(record.operation)
      ? readTerms(asObject(part.metadata) ?? part, String(record.operation))
      : { serviceTier: specialTierOf(part) },
  );
  return { ...terms.reduce(withEventTerms, {}), region: validText(record.region) };
}

/** Completes the terms of a response with those that the events of its stream tell. */
export function withEventTerms(terms: ResponseTerms, ofEvents: ResponseTerms): ResponseTerms {
  return {
    serviceTier: ofEvents.serviceTier ?? terms.serviceTier,
    latencyOptimized: ofEvents.latencyOptimized === true || terms.latencyOptimized,
    billedModelId: ofEvents.billedModelId ?? terms.billedModelId,
  };
}

/**
 * Returns the tier that a body of OpenAI's shape, or a chunk of its stream, names; undefined for the standard
 * tier. Answers of the OpenAI-compatible endpoints have no other member for it.
 */
export function specialTierOf(body: Json): string | undefined {
  const told = body.service_tier ?? asObject(body.response)?.service_tier;
  return typeof told === 'string' && TIER.test(told) && !STANDARD_TIERS.has(told) ? told : undefined;
}

/** The id that the service gave a call, or its failure. It never throws, whatever was thrown. */
export function requestIdOf(response: unknown): string | undefined {
  try {
    return validText(asObject(asObject(response)?.$metadata)?.requestId);
  } catch {
    return undefined;
  }
}

function routedModelOf(response: Json): string | undefined {
  return validText(asObject(asObject(response.trace)?.promptRouter)?.invokedModelId);
}

function parseBody(body: unknown, headers: Headers | undefined): Json | undefined {
  const isBytes = body instanceof Uint8Array;
  if (!isBytes && typeof body !== 'string') return asObject(body);
  if (body.length > LARGE_BODY && headers?.['x-amzn-bedrock-input-token-count'] !== undefined) {
    return undefined;
  }
  try {
    const text = isBytes ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : body;
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}
