import type { UnitReading } from '../usage/billed-units';
import { asObject, type Json, parseJson, validText } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import type { ModelCall } from '../usage/model-calls';
import { readUnits } from '../usage/record-units';
import {
  type Headers,
  readLogTerms,
  readSpecialTier,
  readTerms,
  type ResponseTerms,
} from '../usage/response-terms';
import { readStopReason } from '../usage/stop-reason';
import type { UsageReading } from '../usage/token-usage';

/** Facts that are recorded from a non-streaming response, such as its token counts and service tier. */
export interface ResponseFacts extends Partial<UsageReading>, UnitReading, ResponseTerms {
  /** True if the call was part of a batch job. */
  readonly batch?: boolean;
  /** Region of the call. Known only if the response is a record of the invocation log. */
  readonly region?: string;
  readonly stopReason?: string;
}

/**
 * Size in bytes above which a response body is not parsed if the response headers contain the token counts.
 */
const LARGE_BODY = 1_000_000;

/**
 * Returns a function that reads the facts of a non-streaming response. The body is parsed when this function
 * is called. The response is not modified.
 */
export function responseReader(
  { reads, read }: Pick<ModelCall, 'reads' | 'read'>,
  modelId: string,
  response: unknown,
  { headers, request }: { readonly headers?: Headers; readonly request?: Json } = {},
): () => ResponseFacts {
  const members = asObject(response) ?? {};
  if (!reads) return () => read?.(members, request ?? {}) ?? {};
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
      ...readUnits(reads, parsed, request),
      ...readUsage({
        operation: reads,
        modelId: terms.billedModelId ?? modelId,
        response: parsed,
        headers,
      }),
      ...terms,
      serviceTier: terms.serviceTier ?? (parsed && readSpecialTier(parsed)),
      stopReason: stopReason ?? (parsed && readStopReason(parsed)),
      batch: reads === 'BatchOutput',
    };
  };
}

/** A body with billed units besides tokens contains at least one of these texts. */
const UNIT_MARKS = ['"web_search', '"images"', '"amazon-bedrock-', '"relevance_score"'] as const;

function mayHaveUnits(body: string | Uint8Array): boolean {
  const bytes = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return UNIT_MARKS.some(mark => bytes.includes(mark));
}

function parseBody(body: unknown, headers: Headers | undefined): Json | undefined {
  if (!(body instanceof Uint8Array) && typeof body !== 'string') return asObject(body);
  const hasTokens = headers?.['x-amzn-bedrock-input-token-count'] !== undefined;
  if (body.length > LARGE_BODY && hasTokens && !mayHaveUnits(body)) return undefined;
  return asObject(parseJson(body));
}
