import { objectOf } from '../usage/counts';
import { extractUsage } from '../usage/extract-usage';
import type { TokenUsage, UsageOperation } from '../usage/token-usage';

/** What a response of the SDK tells beside its answer. */
export interface ResponseFacts {
  readonly operation?: string;
  readonly usage?: TokenUsage;
  readonly requestId?: string;
  readonly serviceTier?: string;
  readonly stopReason?: string;
}

/**
 * Reads what a response tells; it is left as it is. InvokeModel is told by its body of bytes, anything else is taken for
 * Converse.
 */
export function readResponse(modelId: string, operation: string | undefined, response: unknown): ResponseFacts {
  const result = objectOf(response);
  if (!result) return { operation };
  const kind = (operation ?? (result.body instanceof Uint8Array ? 'InvokeModel' : 'Converse')) as UsageOperation;
  return {
    operation: kind,
    usage: extractUsage({ operation: kind, modelId, response: kind === 'InvokeModel' ? parseBody(result.body) : result }),
    requestId: textOf(objectOf(result.$metadata)?.requestId),
    serviceTier: textOf(typeof result.serviceTier === 'string' ? result.serviceTier : objectOf(result.serviceTier)?.type),
    stopReason: textOf(result.stopReason),
  };
}

function parseBody(body: unknown): unknown {
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
