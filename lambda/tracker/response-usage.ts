import { textOf } from './sensible-values';
import { type Json, objectOf } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import type { TokenUsage, UsageOperation } from '../usage/token-usage';

/** What a response of the SDK tells beside its answer. */
export interface ResponseFacts {
  readonly operation?: string;
  readonly usage?: TokenUsage;
  readonly outputDifference?: number;
  readonly requestId?: string;
  /** The tier that served the call, which need not be the one that was asked for. */
  readonly serviceTier?: string;
  readonly latencyOptimized?: boolean;
  /** The model that a prompt router invoked: it is the one that is billed. */
  readonly billedModelId?: string;
  readonly stopReason?: string;
}

/** Reads what a response tells; it is left as it is. A stream tells nothing before it has been read. */
export function readResponse(modelId: string, operation: string | undefined, response: unknown): ResponseFacts {
  try {
    const result = objectOf(response);
    if (!result) return { operation };
    const kind = operation ?? kindOf(result);
    const billedModelId = textOf(objectOf(objectOf(result.trace)?.promptRouter)?.invokedModelId);
    return {
      operation: kind,
      ...readUsage({ operation: kind as UsageOperation, modelId: billedModelId ?? modelId, response: kind === 'InvokeModel' ? parseBody(result.body) : result }),
      requestId: textOf(objectOf(result.$metadata)?.requestId),
      serviceTier: textOf(result.serviceTier) ?? textOf(objectOf(result.serviceTier)?.type),
      latencyOptimized: (result.performanceConfigLatency ?? objectOf(result.performanceConfig)?.latency) === 'optimized',
      billedModelId,
      stopReason: textOf(result.stopReason),
    };
  } catch {
    // A response may have getters, or be a proxy: the caller gets it all the same.
    return { operation };
  }
}

/** The operation that answers in this shape. */
function kindOf(result: Json): UsageOperation {
  if (result.stream !== undefined) return 'ConverseStream';
  if (result.body === undefined) return 'Converse';
  return result.body instanceof Uint8Array ? 'InvokeModel' : 'InvokeModelWithResponseStream';
}

function parseBody(body: unknown): unknown {
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
