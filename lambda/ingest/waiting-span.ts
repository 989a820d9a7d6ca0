import { readDetail } from './event-record';
import type { Claim } from '../traces/claim-item';
import { asEvents, asObject, parseJson, validText } from '../usage/counts';
import { type IngestRecord, type Reading, refused } from './records/ingest-record';

/**
 * Returns the records in the messages of the queue in which spans wait. Returns undefined if the event does
 * not come from a queue.
 */
export function readWaitingSpans(event: unknown): readonly IngestRecord[] | undefined {
  const messages = asEvents(asObject(event)?.Records)?.map(message => asObject(message) ?? {});
  return messages?.map(({ messageId, body }, position) => ({
    source: 'spans',
    position,
    id: validText(messageId),
    reading: readWaitingSpan(body),
  }));
}

function readWaitingSpan(body: unknown): Reading {
  const message = asObject(parseJson(body));
  const claims = asEvents(message?.claims)?.flatMap(claim => readClaim(claim) ?? []);
  if (!message || !claims) return refused('the message is not a waiting span');
  const reading = readDetail(message.event, {});
  return reading.kind === 'call' ? { ...reading, claims } : reading;
}

function readClaim(value: unknown): Claim | undefined {
  const { kind, id, isShared } = asObject(value) ?? {};
  return (kind === 'request' || kind === 'span') && typeof id === 'string'
    ? { kind, id, isShared: isShared === true }
    : undefined;
}
