import type { Candidate } from './reading';
import type { UsageEvent } from './usage-event';
import { MAX_ID_LENGTH, parseModelId } from '../pricing/model-id';

/**
 * What is put on the queue of a record or an event that was not
 * taken in. It holds ids and counts, and no prompt and no answer.
 */
export interface DeadLetter {
  readonly v: 1;
  readonly source: Candidate['source'];
  readonly reason: string;
  readonly position?: number;
  readonly id?: string;
  /** What is known of the call. Where that is all, it is a `TokenUsage` event that can be sent. */
  readonly event: Partial<UsageEvent>;
}

/** Sends letters. @returns how many were not taken; it never rejects */
export type SendLetters = (letters: readonly DeadLetter[]) => Promise<number>;

/** The longest of our reasons is shorter. */
const MAX_REASON = 300;
/** No id of an AWS service is as long; what is, is not one. */
const MAX_ID = 256;

export function deadLetter(
  { source, position, id }: Candidate,
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
 * Shortens a record's own ids, which are as long as its caller made them: a message is at most 256 KB, and a
 * trace keeps no more of them either. A model keeps the name that its metrics have, so that two stay two.
 */
function withoutLongText(event: Partial<UsageEvent>): Partial<UsageEvent> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      typeof value === 'string' ? cut(name, value) : value,
    ]),
  );
}

function cut(name: string, value: string): string {
  if (!MODEL_IDS.has(name)) return value.slice(0, MAX_ID);
  return value.length > MAX_ID_LENGTH ? parseModelId(value).model : value;
}

const MODEL_IDS: ReadonlySet<string> = new Set(['modelId', 'billedModelId']);
