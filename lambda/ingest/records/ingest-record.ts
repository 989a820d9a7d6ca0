import type { RecordInput } from '../../invocation/record-input';
import type { Claim } from '../../traces/claim-item';

/** Fields that could be read from an invalid record. They are ids and counts, never prompts or answers. */
export type KnownInput = Partial<RecordInput>;

/** Result of parsing a log record, an event or a span. */
export type Reading =
  | {
      readonly kind: 'call';
      readonly call: RecordInput;
      /** Claims to the call. Default: the claim to its request id, if the ingest reads spans. */
      readonly claims?: readonly Claim[];
    }
  /** Span that waits, because other records of its call may arrive in the next minutes. */
  | { readonly kind: 'waiting'; readonly call: RecordInput; readonly wait: Wait }
  /** Additional span of a call. Another span of the batch has the result for this call. */
  | { readonly kind: 'joined' }
  /** Span of a call that the ingest reads from the invocation log. */
  | { readonly kind: 'leftToLog' }
  /** Invocation with a mark in its log record. The mark says that the caller records the invocation. */
  | { readonly kind: 'recorded' }
  /** Invocation that the ingest skips by configuration, because a tracker records it. */
  | { readonly kind: 'leftToTracker' }
  /** Record that does not describe a model invocation. */
  | { readonly kind: 'foreign' }
  /** Invalid record. `reason` quotes no content of the record. */
  | { readonly kind: 'refused'; readonly reason: string; readonly known: KnownInput };

/** Spans of a call that wait for other records of the call. */
export interface Wait {
  /** Ids of the span in the message on the queue of waiting spans. */
  readonly span: SpanIds;
  /** Time for which the spans wait, in seconds. */
  readonly seconds: number;
  /** All spans of the call that have arrived. They are stored, to be joined with spans that arrive later. */
  readonly notes: readonly SpanNote[];
}

/** Ids of a span. */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Facts of a span that waits: ids and counts, as JSON. */
export interface SpanNote extends SpanIds {
  readonly json: string;
}

/** One record of a batch: a log record, an EventBridge event or a span. */
export interface IngestRecord {
  readonly source: 'logs' | 'events' | 'spans';
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

/** Returns the facts without undefined values, so that a spread of the result replaces no known fact. */
export function withoutUndefined(facts: KnownInput): KnownInput {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
