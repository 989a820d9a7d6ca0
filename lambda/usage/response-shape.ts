import { countOf, type Json, objectOf } from './counts';
import { chunkOf, METRICS } from './stream-counts';
import type { UsageOperation } from './token-usage';
import { bodyCounts, isEmbedding } from './vendor-counts';

const AGENT_EVENT = /^(?:trace|returnControl|files)$/;
const CONVERSE_EVENT = /^(?:message(?:Start|Stop)|contentBlock(?:Start|Delta|Stop)|metadata)$/;
/** Members of which each vendor's chunks have one. */
const CHUNK = /^(?:choices|outputs|generation|outputText|event_type)$/;
/** Types of the events of Anthropic's messages and OpenAI's responses. */
const CHUNK_TYPE = /^(?:message_|content_block_|response\.)/;

/** Finds the operation that answers in the shape of a parsed response. */
export function operationOfResponse(response: Json): UsageOperation {
  const { body, schemaType, modelOutput, usage } = response;
  if (body instanceof Uint8Array || typeof body === 'string' || isBody(body)) return 'InvokeModel';
  if (schemaType === 'ModelInvocationLog') return schemaType;
  if (isBody(modelOutput)) return 'BatchOutput';
  return countOf(objectOf(usage)?.inputTokens) === undefined && isBody(response) ? 'InvokeModel' : 'Converse';
}

/** Finds the operation that has such an event in its stream. */
export function operationOfEvent(event: unknown): UsageOperation | undefined {
  // A stream of bytes: each would be a key.
  const members = event instanceof Uint8Array ? {} : (objectOf(event) ?? {});
  const has = (name: RegExp) => Object.keys(members).some(key => name.test(key));
  if (has(AGENT_EVENT)) return 'InvokeAgent';
  if (has(CONVERSE_EVENT)) return 'ConverseStream';
  // Both have chunks of bytes: those of a model are JSON, those of an agent its text.
  if (objectOf(members.chunk)?.bytes instanceof Uint8Array && !chunkOf(members)) return 'InvokeAgent';
  const chunk = chunkOf(members) ?? {};
  return chunk !== members ||
    has(CHUNK) ||
    CHUNK_TYPE.test(String(chunk.type)) ||
    isBody(chunk) ||
    METRICS in chunk
    ? 'InvokeModelWithResponseStream'
    : undefined;
}

/** Returns true for a vendor's parsed body, or a chunk of its stream, that tells usage. */
function isBody(value: unknown): boolean {
  const body = objectOf(value);
  return body !== undefined && (bodyCounts(body) !== undefined || isEmbedding(body));
}
