import type { SpanCall } from './span-call';
import { momentOf } from '../../traces/call-time';
import { asObject, parseJson } from '../../usage/counts';
import type { SpanNote } from '../records/ingest-record';

/** Converts a waiting span to its note. The note contains only ids and counts, because the span does. */
export function toNote(span: SpanCall): SpanNote {
  const { traceId, spanId } = span;
  return { traceId, spanId, json: JSON.stringify(span) };
}

/** Returns the span of a note. Returns undefined if the text is not a note. */
export function readNote(json: string): SpanCall | undefined {
  const span = asObject(parseJson(json)) as unknown as SpanCall | undefined;
  const call = asObject(span?.call) as SpanCall['call'] | undefined;
  return span && typeof call?.modelId === 'string'
    ? { ...span, call: { ...call, timestamp: momentOf(call.timestamp) } }
    : undefined;
}
