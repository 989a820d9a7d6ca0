import type { RecordInput } from '../invocation/record-input';

/** Known members of an invocation that is not ingested: ids and counts, never prompts or answers. */
export type KnownInput = Partial<RecordInput>;

/** Parsed content of a log record or an event. */
export type Reading =
  | { readonly kind: 'call'; readonly call: RecordInput }
  /** The caller of the model records the invocation itself. The record has the mark of such a caller. */
  | { readonly kind: 'recorded' }
  /** The configuration of the ingest excludes the invocation, because a tracker records it. */
  | { readonly kind: 'leftToTracker' }
  /** The record is not of a model invocation. */
  | { readonly kind: 'foreign' }
  /** The record cannot be parsed. The reason quotes nothing of the record. */
  | { readonly kind: 'refused'; readonly reason: string; readonly known: KnownInput };

/** Record of a batch: a log record or an event, with its origin. */
export interface IngestRecord {
  readonly source: 'logs' | 'events';
  /** Index in the batch, from 0. Undefined for the batch as a whole. */
  readonly position?: number;
  /** Id of the log event or of the EventBridge event. */
  readonly id?: string;
  readonly reading: Reading;
}

/** Returns the reading of a refused record. */
export function refused(reason: string, known: KnownInput = {}): Reading {
  return { kind: 'refused', reason, known };
}
