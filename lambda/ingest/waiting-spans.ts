import { readDetail } from './event-record';
import { type IngestRecord, refused, type SpanIds } from './records/ingest-record';
import { joinWaited, type JoinRules } from './spans/join-spans';
import { readNote } from './spans/span-note';
import type { IngestTable } from './write-invocations';
import { INGEST_MAX_RECEIVES } from '../../src/contract';
import { asEvents, asObject, type Json, parseJson } from '../usage/counts';

/** Messages of the queue in which spans wait. */
export interface WaitingMessages {
  /** Spans that have waited. */
  readonly awake: readonly AwakeSpan[];
  /** Number of messages that do not name a span. */
  readonly invalid: number;
  /** True if SQS delivers at least one of the messages for the last time. */
  readonly isLast: boolean;
}

/** Span that has waited, with the event in its message. */
interface AwakeSpan extends SpanIds {
  readonly event: unknown;
}

/** Reads the messages of the queue in which spans wait. Returns undefined for other events. */
export function readWaitingMessages(event: unknown): WaitingMessages | undefined {
  const messages = asEvents(asObject(event)?.Records)?.map(message => asObject(message) ?? {});
  if (!messages) return undefined;
  const spans = messages.map(({ body }) => readAwakeSpan(asObject(parseJson(body)) ?? {}));
  return {
    awake: spans.filter(span => span !== undefined),
    invalid: spans.filter(span => span === undefined).length,
    isLast: messages.some(
      ({ attributes }) => Number(asObject(attributes)?.ApproximateReceiveCount) >= INGEST_MAX_RECEIVES,
    ),
  };
}

function readAwakeSpan({ span, event }: Json): AwakeSpan | undefined {
  const { traceId, spanId } = asObject(span) ?? {};
  return typeof traceId === 'string' && typeof spanId === 'string' ? { traceId, spanId, event } : undefined;
}

/**
 * Reads the calls of spans that have waited. Joins all spans of a trace that have arrived so far.
 *
 * @throws if the table cannot be read
 */
export async function readWaitedCalls(
  { awake, invalid }: WaitingMessages,
  table: Pick<IngestTable, 'readNotes'>,
  rules: JoinRules,
): Promise<readonly IngestRecord[]> {
  const readings = [];
  for (const traceId of new Set(awake.map(span => span.traceId))) {
    const notes = await table.readNotes(traceId);
    const spans = notes.flatMap(json => readNote(json) ?? []);
    const stored = new Set(spans.map(({ spanId }) => spanId));
    const ofTrace = awake.filter(span => span.traceId === traceId);
    readings.push(...joinWaited(spans, ofTrace, rules));
    // If a trace has too many notes, or if somebody has deleted a note, uses the counts in the message.
    const others = ofTrace.filter(({ spanId }) => !stored.has(spanId));
    readings.push(...others.map(({ event }) => readDetail(event, {})));
  }
  readings.push(...Array.from({ length: invalid }, () => refused('the message does not name a span')));
  return readings.map((reading, position) => ({ source: 'spans', position, reading }));
}
