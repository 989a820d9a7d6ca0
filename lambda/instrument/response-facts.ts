import { textOf } from '../invocation/valid-values';
import { type Json, objectOf } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import { stopReasonOf } from '../usage/stream-counts';
import type { TokenUsage, UsageOperation } from '../usage/token-usage';

/** What an answer tells of its call. */
export interface AnswerFacts {
  readonly usage?: TokenUsage;
  readonly outputDifference?: number;
  /** The tier that served the call, which need not be the one that was asked for. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /** The model that a prompt router invoked: it is the one that is billed. */
  readonly billedModelId?: string;
  readonly stopReason?: string;
}

/** Response headers by lower-case name. */
export type Headers = Readonly<Record<string, string>>;

/**
 * So large are answers of many embeddings: where their headers tell the counts, they are not parsed for them.
 */
const LARGE_BODY = 1_000_000;

/** Reads what an answer that is no stream tells; it is left as it is. */
export function readAnswer(
  operation: string | undefined,
  modelId: string,
  response: Json,
  headers?: Headers,
): AnswerFacts {
  const body = operation === 'InvokeModel' ? parseBody(response.body, headers) : response;
  return {
    ...readUsage({
      operation: operation as UsageOperation,
      modelId: routedModelOf(response) ?? modelId,
      response: body,
      headers,
    }),
    ...readTerms(response),
    stopReason: textOf(response.stopReason) ?? (body && stopReasonOf(body)),
  };
}

/** What a response, or the event at the end of a stream, tells of how the call is billed. */
export function readTerms(
  response: Json,
): Pick<AnswerFacts, 'serviceTier' | 'latencyOptimized' | 'billedModelId'> {
  return {
    serviceTier: textOf(response.serviceTier) ?? textOf(objectOf(response.serviceTier)?.type),
    latencyOptimized:
      (response.performanceConfigLatency ?? objectOf(response.performanceConfig)?.latency) === 'optimized',
    billedModelId: routedModelOf(response),
  };
}

/** The id that the service gave a call, or its failure. It never throws, whatever was thrown. */
export function requestIdOf(response: unknown): string | undefined {
  try {
    return textOf(objectOf(objectOf(response)?.$metadata)?.requestId);
  } catch {
    return undefined;
  }
}

function routedModelOf(response: Json): string | undefined {
  return textOf(objectOf(objectOf(response.trace)?.promptRouter)?.invokedModelId);
}

function parseBody(body: unknown, headers: Headers | undefined): Json | undefined {
  if (!(body instanceof Uint8Array)) return undefined;
  if (body.length > LARGE_BODY && headers?.['x-amzn-bedrock-input-token-count'] !== undefined) {
    return undefined;
  }
  try {
    return objectOf(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')));
  } catch {
    return undefined;
  }
}
