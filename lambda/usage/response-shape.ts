import { asCount, type Json, asObject } from './counts';
import { interventionOf } from './guardrail';
import { speechEventOf } from './speech-usage';
import { chunkOf, METRICS } from './stream-counts';
import type { UsageOperation } from './token-usage';
import { bodyCounts, isEmbedding } from './vendor-counts';

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

/** Returns the operation of a stream by the shape of one of its events. */
export function operationOfEvent(event: unknown): UsageOperation | undefined {
  // In a chunk of bytes, each byte would be a key.
  const members = event instanceof Uint8Array ? {} : (asObject(event) ?? {});
  const has = (name: RegExp) => Object.keys(members).some(key => name.test(key));
  if (isSpeechEvent(members)) return 'InvokeModelWithBidirectionalStream';
  if (has(AGENT_EVENT)) return 'InvokeAgent';
  if (has(CONVERSE_EVENT)) return 'ConverseStream';
  // Models and agents both stream chunks of bytes. Those of a model are JSON, those of an agent are text.
  if (asObject(members.chunk)?.bytes instanceof Uint8Array && !chunkOf(members)) return 'InvokeAgent';
  const chunk = chunkOf(members) ?? {};
  return chunk !== members ||
    has(CHUNK) ||
    CHUNK_TYPE.test(String(chunk.type)) ||
    isBody(chunk) ||
    METRICS in chunk
    ? 'InvokeModelWithResponseStream'
    : undefined;
}

/** Returns true for an event of a speech-to-speech stream, parsed or as the SDK's event with its bytes. */
export function isSpeechEvent(event: Json): boolean {
  return Object.keys(speechEventOf(event) ?? {}).some(key => SPEECH_EVENT.test(key));
}

/** Returns true for a vendor's parsed body, or a chunk of its stream, that tells usage or was blocked. */
function isBody(value: unknown): boolean {
  const body = asObject(value);
  return (
    body !== undefined &&
    (bodyCounts(body) !== undefined || isEmbedding(body) || interventionOf(body) !== undefined)
  );
}
