import type { IngestRecord, SpanIds } from './records/ingest-record';
import type { UsageEvent } from './usage-event';
import { MAX_ID_LENGTH, parseModelId } from '../pricing/model-id';

/**
 * Message on the dead-letter queue for a record that was not ingested, or on the queue of waiting spans. It
 * contains ids and counts, but no prompts or answers.
 */
export interface DeadLetter {
  readonly v: 1;
  readonly source: IngestRecord['source'];
  readonly reason: string;
  readonly position?: number;
  readonly id?: string;
  /** Readable fields of the invocation. If all fields are present, they form a valid `TokenUsage` event. */
  readonly event: Partial<UsageEvent>;
  /** Ids of the waiting span. Undefined in a message about a record that was not ingested. */
  readonly span?: SpanIds;
}

/**
 * Sends messages to a queue. Returns the number of messages that could not be sent. It never rejects.
 *
 * @param delaySeconds time in seconds until the queue delivers the messages. Default: delay of the queue
 */
export type SendLetters = (letters: readonly DeadLetter[], delaySeconds?: number) => Promise<number>;

/** Maximum characters of `reason`. Normal reasons are shorter. */
const MAX_REASON = 300;
/** Maximum characters of an id. Ids of AWS services are shorter. */
const MAX_ID = 256;

/** Makes the message for a record. */
export function deadLetter(
  { source, position, id }: IngestRecord,
  reason: string,
  event: Partial<UsageEvent>,
): DeadLetter {
  return {
    v: 1,
    source,
    reason: reason.slice(0, MAX_REASON),
    position,
    id: id?.slice(0, MAX_ID),
    event: withoutLongText(event),
  };
}

/**
 * Shortens long texts in an event, because a message has at most 256 KB. Replaces a model id of more than
 * 2,048 characters by the model name in the metrics.
 */
function withoutLongText(event: Partial<UsageEvent>): Partial<UsageEvent> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      typeof value === 'string' ? shorten(name, value) : value,
    ]),
  );
}

function shorten(name: string, value: string): string {
  if (!MODEL_IDS.has(name)) return value.slice(0, MAX_ID);
  return value.length > MAX_ID_LENGTH ? parseModelId(value).model : value;
}

const MODEL_IDS: ReadonlySet<string> = new Set(['modelId', 'billedModelId']);
