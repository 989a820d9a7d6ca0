import type { RecordInput } from '../invocation/record-input';

/** What can be told of a call that is not taken in: ids and counts, and never what was asked or answered. */
export type KnownOfCall = Partial<RecordInput>;

/** What one log record or event was read as. */
export type Reading =
  | { readonly kind: 'call'; readonly call: RecordInput }
  /** Whoever made the call records it. */
  | { readonly kind: 'recorded' }
  /** By the ingest's configuration, a tracker records it. */
  | { readonly kind: 'left' }
  /** It tells no model call. */
  | { readonly kind: 'foreign' }
  /** It cannot be understood. The reason is in words of our own, and quotes nothing. */
  | { readonly kind: 'refused'; readonly reason: string; readonly known: KnownOfCall };

/** A reading, and where it is from. */
export interface Candidate {
  readonly source: 'logs' | 'events';
  /** Its number in the batch, from 0; undefined for the batch as a whole. */
  readonly position?: number;
  /** The id of the log event, or of the event. */
  readonly id?: string;
  readonly reading: Reading;
}

export function refused(reason: string, known: KnownOfCall = {}): Reading {
  return { kind: 'refused', reason, known };
}
