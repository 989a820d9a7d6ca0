import type { RecordInput } from '../invocation/record-input';

/** Known members of a record that is not ingested. They are ids and counts, never prompts or answers. */
export type KnownInput = Partial<RecordInput>;

/** Result of parsing a log record or an event. */
export type Reading =
  | { readonly kind: 'call'; readonly call: RecordInput }
  /** The caller of the model records the invocation itself. The record has a mark that says so. */
  | { readonly kind: 'recorded' }
  /** The ingest is configured to skip the invocation, because a tracker records the same invocation. */
  | { readonly kind: 'leftToTracker' }
  /** The record is not about a model invocation. */
  | { readonly kind: 'foreign' }
  /** The record is invalid. `reason` quotes no content of the record. */
  | { readonly kind: 'refused'; readonly reason: string; readonly known: KnownInput };

/** One record of a batch: a log record or an EventBridge event. */
export interface IngestRecord {
  readonly source: 'logs' | 'events';
  /** Index in the batch, from 0. Undefined if the whole batch is refused. */
  readonly position?: number;
  /** Id of the log event or of the EventBridge event. */
  readonly id?: string;
  readonly reading: Reading;
}

/** Returns the reading of a refused record. */
export function refused(reason: string, known: KnownInput = {}): Reading {
  return { kind: 'refused', reason, known };
}
