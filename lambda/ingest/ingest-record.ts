import type { RecordInput } from '../invocation/record-input';

/** Fields that could be read from an invalid record. They are ids and counts, never prompts or answers. */
export type KnownInput = Partial<RecordInput>;

/** Result of parsing a log record or an event. */
export type Reading =
  | { readonly kind: 'call'; readonly call: RecordInput }
  /** Invocation with a mark in its log record. The mark says that the caller records the invocation. */
  | { readonly kind: 'recorded' }
  /** Invocation that the ingest skips by configuration, because a tracker records it. */
  | { readonly kind: 'leftToTracker' }
  /** Record that does not describe a model invocation. */
  | { readonly kind: 'foreign' }
  /** Invalid record. `reason` quotes no content of the record. */
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

/** Creates the `Reading` for an invalid record. `reason` must not quote the record. */
export function refused(reason: string, known: KnownInput = {}): Reading {
  return { kind: 'refused', reason, known };
}
