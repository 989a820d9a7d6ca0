import { matching, STOP_REASON } from './records/record-members';
import type { RecordInput } from '../invocation/record-input';
import { asObject, type Json, validAmount, validText } from '../usage/counts';
import { readUsage } from '../usage/extract-usage';
import { findCallOfCommand } from '../usage/model-calls';
import { type Headers, readTerms } from '../usage/response-terms';
import { readConverseUsage } from '../usage/token-usage';

/** Model call of the response in an event. */
export interface EventCall {
  readonly modelId: string;
  /** Default: `Converse` */
  readonly operation?: string;
}

/** Format of the header `date` (RFC 9110). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d GMT$/;
const DEFAULT_OPERATION = 'Converse';

/**
 * Reads the facts of an invocation from a response in an event. The response is that of an AWS SDK, without
 * the answer of the model.
 */
export function readEventResponse(response: Json, call: EventCall): Partial<RecordInput> {
  const operation = call.operation ?? DEFAULT_OPERATION;
  const headers = headersOf(response);
  const { serviceTier, latencyOptimized } = readTerms(response, operation, headers);
  return {
    ...readCounts(response, { ...call, operation }, headers),
    serviceTier,
    latencyOptimized,
    latencyMs:
      validAmount(asObject(response.metrics)?.latencyMs) ??
      validAmount(Number(headers['x-amzn-bedrock-invocation-latency'] ?? NaN)),
    stopReason: matching(response.stopReason, STOP_REASON),
  };
}

/**
 * Returns the request id that Bedrock gave to a call, and the time of its response in ISO 8601. A value is
 * undefined if the response does not contain it.
 */
export function identityInResponse(response: Json | undefined): {
  readonly requestId?: string;
  readonly time?: string;
} {
  if (!response) return {};
  const headers = headersOf(response);
  return {
    requestId:
      validText(asObject(response.ResponseMetadata)?.RequestId) ?? validText(headers['x-amzn-requestid']),
    time: HTTP_DATE.test(headers.date ?? '') ? new Date(headers.date).toISOString() : undefined,
  };
}

function readCounts(
  response: Json,
  { operation, modelId }: Required<EventCall>,
  headers: Headers,
): Partial<RecordInput> {
  const call = findCallOfCommand(operation);
  if (call?.read) return call.read(response, {});
  return operation.startsWith('InvokeModel')
    ? (readUsage({ operation: 'InvokeModel', modelId, response, headers }) ?? {})
    : (readConverseUsage(response, { modelId, operation }) ?? {});
}

/** Returns the response headers that the AWS SDK for Python keeps, with names in lower case. */
function headersOf(response: Json): Headers {
  const headers = asObject(asObject(response.ResponseMetadata)?.HTTPHeaders) ?? {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  );
}
