import { callOfResponse, contentOf, eventsOfAnswer, type ModelCall } from './model-calls';
import {
  answerReader,
  type Headers,
  readTerms,
  requestIdOf,
  type ResponseTerms,
  withEventTerms,
} from './response-facts';
import { type StreamEnd, StreamReader } from './stream-reader';
import { type StreamTap, tapStream, untap } from './stream-tap';
import type { Invocation } from '../invocation/invocation';
import type { CallContext, RecordInput } from '../invocation/record-input';
import type { RecordState } from '../invocation/record-state';
import { ignoringErrors } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';
import { asEvents, asObject } from '../usage/counts';

/** A record that was made, or that will be made when a stream has been read. */
export interface Recorded {
  readonly invocation: Invocation | undefined;
  recorded(): Promise<Invocation>;
}

/** Receiver of an observed call's records. */
export interface CallListener {
  /**
   * Called once for each model call; one run of a Bedrock agent can have several. After a provisional record,
   * it is called again if the answer comes.
   */
  record(input: RecordInput, state: RecordState): Invocation;
  /** Called if an instrumented call inside this one is recorded in its place, after a provisional record. */
  withdrawn(provisional: Invocation): void;
  /** Called after the last record, or if an instrumented call inside is recorded in its place. */
  ended(): void;
}

/** A model call of which the operation and the request are known. */
export interface KnownCall {
  readonly call: ModelCall;
  /**
   * The request. It is read only where a stream ends before it told its usage, and not kept beyond the call.
   */
  readonly input: Readonly<Record<string, unknown>>;
  /** Returns the region of the client, if it is known. */
  readonly region?: () => string | undefined;
}

/** One entry for each model call, with the facts that are not in its context. */
type Records = readonly Partial<RecordInput>[];

/**
 * Maximum answers in the process that wait for being read. Programs that mock their client can get many
 * answers in one turn of the event loop; of these, one more is read at once.
 */
const MAX_UNREAD = 100;
let unreadCount = 0;

/**
 * Model call from its start to its record. It is recorded exactly once, also if it fails. Before that, it has
 * one provisional record if a run ended without the answer. None of its methods throws.
 */
export class ObservedCall implements Recorded {
  private made: Invocation | undefined;
  private readonly startedAt = performance.now();
  private readonly timestamp = new Date();
  private reader: StreamReader | undefined;
  private tap: StreamTap | undefined;
  private operation: string | undefined;
  private requestId: string | undefined;
  /** Terms in the response that a stream began with. */
  private terms: ResponseTerms = {};
  private answeredAt: number | undefined;
  /** Reads the answer. Undefined if there is nothing to read. */
  private unread: (() => Records) | undefined;
  private done = false;
  /** Record that was made before the answer. */
  private provisional: Invocation | undefined;
  private record: Promise<Invocation> | undefined;
  private onRecorded: ((invocation: Invocation) => void) | undefined;
  private readonly known: KnownCall | undefined;

  constructor(
    private readonly context: CallContext,
    private readonly listener: CallListener,
    known?: KnownCall,
  ) {
    // A session can last for hours. Its request's stream must not be kept that long.
    this.known = known?.call.content.length === 0 ? { ...known, input: {} } : known;
  }

  /** True if the answer is a stream that has not been read to its end. */
  get isStream(): boolean {
    return this.reader !== undefined && !this.done;
  }

  /** True if no record has been made, not even a provisional one. */
  get isUnrecorded(): boolean {
    return !this.done && this.provisional === undefined;
  }

  /** The record. If the answer is still to be read, this reads it. */
  get invocation(): Invocation | undefined {
    this.finishReading();
    return this.made;
  }

  /** Fulfilled with the record, when there is one. */
  recorded(): Promise<Invocation> {
    const { made } = this;
    this.record ??= made
      ? Promise.resolve(made)
      : new Promise(resolve => {
          this.onRecorded = resolve;
        });
    return this.record;
  }

  /** The model answered: with all of its answer, or with the begin of a stream. */
  answered(response: unknown, headers?: Headers): void {
    try {
      this.requestId = requestIdOf(response);
      const call = this.known?.call ?? callOfResponse(this.context.operation, response);
      this.operation = call?.operation;
      const events = eventsOfAnswer(call, response);
      if (call && events) this.terms = readTerms(asObject(response) ?? {}, call.reads, headers);
      if (Array.isArray(events)) this.readLater(() => this.readList(events, call));
      else if (events) this.listen(events as AsyncIterable<unknown>, call);
      else if (call) this.readAnswer(call, response, headers);
      else this.finish([{}]);
    } catch {
      // A response may have getters, or be a proxy: the caller gets it all the same.
      this.finish([{}]);
    }
  }

  /**
   * Reads an answer that has come and was not read, and records the call. It does nothing for other calls.
   * Summaries, flushes and ends of a run call it first, for each open call.
   */
  finishReading(): void {
    const read = this.unread;
    if (!read) return;
    this.forgetAnswer();
    let records: Records = [{}];
    try {
      records = read();
    } catch {
      // As above.
    }
    try {
      this.finish(records);
    } catch {
      // The event loop calls this. An error would end the process.
    }
  }

  /** Begins a stream whose events and end the caller passes to `event` and `endStream`. */
  streams(stream: unknown): void {
    const call = callOfResponse(this.context.operation, stream);
    this.operation = call?.operation;
    this.reader = new StreamReader(call?.reads, this.context.modelId);
  }

  /** Reads one event of that stream. */
  event(event: unknown): void {
    this.reader?.add(event);
  }

  failed(error: unknown): void {
    this.requestId ??= requestIdOf(error);
    // What was thrown may be nothing at all; it is a failure all the same.
    this.finish([{ error: error ?? new Error() }]);
  }

  /**
   * Records provisionally what is known, because the answer may come too late.
   *
   * @param reason error of a call that has no answer yet
   */
  abandon(reason: string): void {
    this.finishReading();
    if (this.done || this.provisional) return;
    if (!this.reader) {
      this.recordProvisionally({ error: { name: reason } });
      return;
    }
    const { calls, facts } = this.readSoFar(this.reader, { whole: false });
    // The model calls in an agent's trace have been answered.
    if (calls) this.finish(calls);
    else this.recordProvisionally({ ...facts, ...this.timesOf(this.reader) });
  }

  /** Ends the call without a record, because an instrumented call inside it is recorded. */
  drop(): void {
    if (this.done) return;
    this.done = true;
    this.forgetAnswer();
    if (this.provisional) this.listener.withdrawn(this.provisional);
    this.listener.ended();
  }

  /** Makes the provisional record the last one. */
  private leave(): void {
    this.done = true;
    this.listener.ended();
  }

  private readAnswer(call: ModelCall, response: unknown, headers: Headers | undefined): void {
    const read = answerReader(call.reads, this.context.modelId, response, headers);
    // Other answers come parsed: their counts are members.
    if (call.reads === 'InvokeModel') this.readLater(() => [read()]);
    else this.finish([read()]);
  }

  /** Reads an answer in the next turn of the event loop, after the caller has gone on with it. */
  private readLater(read: () => Records): void {
    this.answeredAt = performance.now();
    this.unread = read;
    unreadCount += 1;
    if (unreadCount > MAX_UNREAD) this.finishReading();
    else setImmediate(() => this.finishReading());
  }

  private forgetAnswer(): void {
    if (!this.unread) return;
    this.unread = undefined;
    unreadCount -= 1;
  }

  private readList(events: readonly unknown[], call: ModelCall | undefined): Records {
    const reader = new StreamReader(call?.reads, this.context.modelId);
    for (const event of asEvents(events) ?? []) reader.add(event);
    return this.recordsOf(reader, { whole: true });
  }

  private listen(stream: AsyncIterable<unknown>, call: ModelCall | undefined): void {
    const reader = new StreamReader(call?.reads, this.context.modelId);
    this.reader = reader;
    this.tap = {
      onEvent: event => reader.add(event),
      onEnd: end => this.endStream({ whole: end.isWhole, error: end.error }),
      // After a provisional record, only a speech session that its reader left can add a later total.
      onLeft: () =>
        this.provisional && !reader.hasRunningTotals ? this.leave() : this.endStream({ whole: false }),
    };
    if (tapStream(stream, this.tap)) return;
    warnOnce(
      'stream',
      'A stream cannot be listened to, as its object cannot be changed: its usage is not known.',
    );
    this.endStream({ whole: false });
  }

  /** Records the call after its stream has ended or failed, or its reader has left it. */
  endStream({ whole, error }: { readonly whole: boolean; readonly error?: unknown }): void {
    const { reader } = this;
    if (this.done || !reader) return;
    this.finish(this.recordsOf(reader, { whole }, { ...this.timesOf(reader), error: failureOf(error) }));
  }

  private timesOf({ firstTokenAt, hasRunningTotals }: StreamReader): Partial<RecordInput> {
    return {
      timeToFirstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - this.startedAt,
      // The length of a conversation is not the latency of an answer.
      ...(hasRunningTotals ? { latencyMs: undefined } : {}),
    };
  }

  /** @param ofStream facts that only a stream as a whole has. A stream with several model calls has none */
  private recordsOf(
    reader: StreamReader,
    end: Pick<StreamEnd, 'whole'>,
    ofStream: Partial<RecordInput> = {},
  ): Records {
    const { calls, facts } = this.readSoFar(reader, end);
    return calls ?? [{ ...facts, ...ofStream }];
  }

  /** Returns the facts of each model call in a stream. */
  private readSoFar(reader: StreamReader, { whole }: Pick<StreamEnd, 'whole'>) {
    const { known } = this;
    const { calls, ...facts } = reader.end({
      whole,
      // A request may have getters, as a response may.
      request: () => known && ignoringErrors(() => contentOf(known.call, known.input)),
    });
    // The response of a speech session has the same shape as that of InvokeModelWithResponseStream.
    if (reader.hasRunningTotals) this.operation = reader.operation;
    else this.operation ??= reader.operation;
    return {
      calls: calls?.map(({ modelId = this.context.modelId, usage, requestId, latencyMs }) => ({
        modelId,
        usage,
        requestId,
        latencyMs,
      })),
      facts: { ...facts, ...withEventTerms(this.terms, facts) },
    };
  }

  private recordProvisionally(record: Partial<RecordInput>): void {
    this.provisional = this.listener.record({ ...this.facts(), ...record }, { provisional: true });
    this.tell(this.provisional);
  }

  private finish(records: Records): void {
    if (this.done) return;
    this.done = true;
    if (this.tap) untap(this.tap);
    const facts = this.facts();
    let replaces = this.provisional;
    for (const record of records) {
      this.tell(this.listener.record({ ...facts, ...record }, { replaces }));
      replaces = undefined;
    }
    this.listener.ended();
  }

  /** Returns the facts that all records of the call share. */
  private facts(): RecordInput {
    const { context, requestId } = this;
    return {
      ...context,
      region: context.region ?? this.known?.region?.(),
      operation: context.operation ?? this.operation ?? this.known?.call.operation,
      timestamp: context.timestamp ?? this.timestamp,
      requestId,
      latencyMs: (this.answeredAt ?? performance.now()) - this.startedAt,
    };
  }

  private tell(invocation: Invocation): void {
    this.made = invocation;
    this.onRecorded?.(invocation);
  }
}

/** Returns the error of a failed stream; undefined if its reader aborted it. */
function failureOf(error: unknown): unknown {
  return errorName(error) === 'AbortError' ? undefined : error;
}
