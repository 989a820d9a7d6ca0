import { responseReader } from './response-facts';
import { type StreamTap, tapStream, untap } from './stream-tap';
import type { Invocation, RecordState } from '../invocation/invocation';
import { type CallContext, type RecordInput, UNNAMED_MODEL } from '../invocation/record-input';
import { monotonicMs } from '../process/monotonic-clock';
import { ignoringErrors } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';
import { copyForUnits } from '../usage/billed-units';
import { asEvents, asObject, type Json, parseJson, validText } from '../usage/counts';
import {
  findCallOfResponse,
  findEvents,
  type ModelCall,
  readContent,
  requestIdOf,
} from '../usage/model-calls';
import { type Headers, readTerms, type ResponseTerms, withEventTerms } from '../usage/response-terms';
import { type StreamEnd, StreamUsage } from '../usage/stream-usage';
import type { UsageOperation } from '../usage/token-usage';

/** Model call with its recorded invocation. `invocation` is undefined until the call is recorded. */
export interface Recorded {
  readonly invocation: Invocation | undefined;
  recorded(): Promise<Invocation>;
}

/** Callbacks of an `ObservedCall`. */
export interface CallListener {
  /**
   * Records one model call, and returns its invocation. Called once for each model call in the response of an
   * agent. Called with `state.provisional` if the response has not ended, and again for the final record.
   */
  record(input: RecordInput, state: RecordState): Invocation;
  /** Removes a provisional record. Called if a nested instrumented call is recorded instead. */
  withdrawn(provisional: Invocation): void;
  /** Called once at the end of the observed call, even if the call is not recorded. */
  ended(): void;
}

/** Operation and request of an instrumented call. */
export interface KnownCall {
  readonly call: ModelCall;
  /** Request of the call. If a stream ends without usage, the usage is estimated from the request. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Returns the region of the client, or undefined as long as the region is unknown. */
  readonly region?: () => string | undefined;
  /** True if the caller cannot change `input` after the call. Its members are then read only when needed. */
  readonly isFixed?: boolean;
}

/** Request id and headers of an HTTP response. */
export interface HttpAnswer {
  readonly requestId?: string;
  readonly headers?: Headers;
}

/** End of a stream that the caller has read. */
interface StreamResult {
  /** True if the last event was read. */
  readonly whole: boolean;
  readonly error?: unknown;
  /** Facts that replace those in the events, except for `uncounted`, which is added. Default: none. */
  readonly facts?: Partial<RecordInput>;
}

/** Methods of an `ObservedCall` that read the result of a tracked function. */
export type CallReader = Pick<ObservedCall, 'answered' | 'failed' | 'streams' | 'event' | 'endStream'>;

/** Facts from a response, with one entry for each model call in the response. */
type Records = readonly Partial<RecordInput>[];

/**
 * Maximum number of unread responses in the process. At this number, a new response is read at once, to limit
 * memory.
 */
const MAX_UNREAD = 100;
let unreadCount = 0;

/**
 * Call of a model, from its start until it is recorded. If the surrounding `run` ends first, the call gets a
 * provisional record, and later its final record. No method throws.
 */
export class ObservedCall implements Recorded {
  private made: Invocation | undefined;
  private readonly startedAt = monotonicMs();
  private readonly timestamp = new Date();
  private stream: StreamUsage | undefined;
  private tap: StreamTap | undefined;
  private operation: string | undefined;
  private requestId: string | undefined;
  /** True if the headers of an HTTP response with a JSON body have arrived. */
  private hasOpenBody = false;
  /** Billing terms, such as the service tier, from the response object that contains the stream. */
  private terms: ResponseTerms = {};
  private answeredAt: number | undefined;
  /** Function that reads the response. Undefined if there is no response, or if it has been read. */
  private unread: (() => Records) | undefined;
  private done = false;
  private hasNoRecord = false;
  /** Invocation that was recorded before the response ended. */
  private provisional: Invocation | undefined;
  private record: Promise<Invocation> | undefined;
  private onRecorded: ((invocation: Invocation) => void) | undefined;
  private readonly known: KnownCall | undefined;
  /** Members of the request from which billed units are read. */
  private readonly unitRequest: Json | undefined;

  constructor(
    private context: CallContext,
    private readonly listener: CallListener,
    known?: KnownCall,
  ) {
    // Drops the input of a speech session, because it contains a stream, and a session can last for hours.
    this.known = known?.call.reads === 'InvokeModelWithBidirectionalStream' ? { ...known, input: {} } : known;
    this.unitRequest = this.known?.isFixed ? this.known.input : this.known && copyForUnits(this.known.input);
  }

  /** True if the response has arrived, but has not been read to its end, for example a stream. */
  get isStream(): boolean {
    return (this.stream !== undefined || this.hasOpenBody) && !this.done;
  }

  /** True if the call has ended without a record. */
  get isDropped(): boolean {
    return this.hasNoRecord;
  }

  /** True if the call has not ended and has no provisional record. */
  get isUnrecorded(): boolean {
    return !this.done && this.provisional === undefined;
  }

  /** Recorded invocation of the call. Reads an unread response first. */
  get invocation(): Invocation | undefined {
    this.finishReading();
    return this.made;
  }

  /** Returns a promise that is fulfilled with the invocation when it is recorded. */
  recorded(): Promise<Invocation> {
    const { made } = this;
    this.record ??= made
      ? Promise.resolve(made)
      : new Promise(resolve => {
          this.onRecorded = resolve;
        });
    return this.record;
  }

  /** Handles the response of the call: records the call, or starts to observe the stream in the response. */
  answered(response: unknown, headers?: Headers): void {
    try {
      this.requestId = requestIdOf(response);
      const call = this.known?.call ?? findCallOfResponse(this.context.operation, response);
      this.operation = call?.operation;
      const events = findEvents(call, response);
      if (call && events) this.terms = readTerms(asObject(response) ?? {}, call.reads, headers);
      if (Array.isArray(events)) this.readLater(() => this.readList(events, call));
      else if (events) this.listen(events as AsyncIterable<unknown>, call);
      else if (call) this.readResponse(call, response, headers);
      else this.finish([{}]);
    } catch {
      // If the response cannot be read, for example because of a getter, records the call without facts.
      this.finish([{}]);
    }
  }

  /**
   * Reads the response in `unread` and records the call. Does nothing if `unread` is undefined. Runs in the
   * next turn of the event loop, or earlier for a summary or a flush.
   */
  finishReading(): void {
    const read = this.unread;
    if (!read) return;
    this.forgetResponse();
    let records: Records = [{}];
    try {
      records = read();
    } catch {
      // Reading a response can throw, for example in a getter. The call is recorded nevertheless.
    }
    try {
      this.finish(records);
    } catch {
      // Ignores the error, because an error in a callback of `setImmediate` would end the process.
    }
  }

  /**
   * Registers a response stream. The caller reads the stream, passes each event to `event()`, and calls
   * `endStream()` at the end.
   */
  streams(stream: unknown): void {
    const call = findCallOfResponse(this.context.operation, stream);
    this.operation = call?.operation;
    this.stream = new StreamUsage(call?.reads, this.context.modelId);
  }

  /** Reads one event of the registered stream. */
  event(event: unknown): void {
    this.stream?.add(event);
  }

  /**
   * Sets the model of the call, if the request did not name it. Used for requests whose body cannot be read
   * before they are sent.
   */
  nameModel(modelId: string): void {
    if (this.context.modelId !== UNNAMED_MODEL) return;
    this.context = { ...this.context, modelId };
    // No event is lost, because the first event contains the model.
    this.stream &&= new StreamUsage(this.stream.operation, modelId);
  }

  /** Handles the headers of an HTTP response. The caller then reads the body, which is one JSON document. */
  receives({ requestId }: HttpAnswer): void {
    this.requestId = requestId;
    this.hasOpenBody = true;
  }

  /**
   * Records the call with its complete JSON body. The body is parsed in the next turn of the event loop.
   *
   * @param body undefined if the caller has not read the body, or if it is too large to be parsed
   */
  received(body: Uint8Array | undefined, headers?: Headers): void {
    if (this.done) return;
    const call = this.known?.call;
    this.readLater(() => {
      // A large body of InvokeModel is not parsed if the headers have its tokens.
      const isNamed = this.context.modelId !== UNNAMED_MODEL;
      const response = isNamed && call?.reads === 'InvokeModel' ? { body } : parseJson(body);
      const model = validText(asObject(response)?.model);
      if (model !== undefined) this.nameModel(model);
      const given = { headers, request: this.unitRequest };
      return [call ? responseReader(call, this.context.modelId, response, given)() : {}];
    });
  }

  /**
   * Handles the headers of an HTTP response with a stream. The caller passes each event to `event()`, and
   * calls `endStream()` or `leaveStream()` at the end.
   */
  receivesStream(reads: UsageOperation, { requestId, headers }: HttpAnswer): void {
    this.requestId = requestId;
    this.operation = this.known?.call.operation;
    this.terms = readTerms({}, reads, headers);
    this.stream = new StreamUsage(reads, this.context.modelId);
  }

  failed(error: unknown): void {
    this.requestId ??= requestIdOf(error);
    // Without `new Error()`, a call that failed with `throw undefined` would be recorded as a success.
    this.finish([{ error: error ?? new Error() }]);
  }

  /**
   * Makes a provisional record, unless the call already has a record. If the response arrives later, a final
   * record replaces it.
   *
   * @param reason error name in the record if there is no response yet
   */
  abandon(reason: string): void {
    this.finishReading();
    if (this.done || this.provisional) return;
    if (!this.stream) {
      this.recordProvisionally(this.hasOpenBody ? {} : { error: { name: reason } });
      return;
    }
    const { calls, facts } = this.readSoFar(this.stream, { whole: false });
    // If the stream of an agent has reported complete model calls, records them as final.
    if (calls) this.finish(calls);
    else this.recordProvisionally({ ...facts, ...this.timesOf(this.stream) });
  }

  /** Ends the call without a record, because a call inside it is recorded instead, or no model was called. */
  drop(): void {
    if (this.done) return;
    this.done = true;
    this.hasNoRecord = true;
    this.forgetResponse();
    if (this.provisional) this.listener.withdrawn(this.provisional);
    this.listener.ended();
  }

  /** Ends the call, and keeps its provisional record. */
  private keepProvisional(): void {
    this.done = true;
    this.listener.ended();
  }

  private readResponse(call: ModelCall, response: unknown, headers: Headers | undefined): void {
    const request = this.unitRequest;
    const read = responseReader(call, this.context.modelId, response, { headers, request });
    // If the response is from InvokeModel, reads it later, because parsing its body takes time.
    if (call.reads === 'InvokeModel') this.readLater(() => [read()]);
    else this.finish([read()]);
  }

  /** Reads a response in the next turn of the event loop, so that the caller does not wait. */
  private readLater(read: () => Records): void {
    this.answeredAt = monotonicMs();
    this.unread = read;
    unreadCount += 1;
    if (unreadCount > MAX_UNREAD) this.finishReading();
    else setImmediate(() => this.finishReading());
  }

  private forgetResponse(): void {
    if (!this.unread) return;
    this.unread = undefined;
    unreadCount -= 1;
  }

  private readList(events: readonly unknown[], call: ModelCall | undefined): Records {
    const stream = new StreamUsage(call?.reads, this.context.modelId);
    for (const event of asEvents(events) ?? []) stream.add(event);
    return this.recordsOf(stream, { whole: true });
  }

  private listen(events: AsyncIterable<unknown>, call: ModelCall | undefined): void {
    const stream = new StreamUsage(call?.reads, this.context.modelId);
    this.stream = stream;
    this.tap = {
      onEvent: event => stream.add(event),
      onEnd: end => this.endStream({ whole: end.isWhole, error: end.error }),
      onLeft: () => this.leaveStream(),
    };
    if (tapStream(events, this.tap)) return;
    warnOnce('stream', 'A stream is frozen, so its events cannot be observed and its usage is unknown.');
    this.endStream({ whole: false });
  }

  /** Records the call when its stream ends or fails, or when the consumer stops reading the stream early. */
  endStream({ whole, error, facts }: StreamResult): void {
    const { stream } = this;
    if (this.done || !stream) return;
    const ofStream = { ...this.timesOf(stream), ...facts, error: withoutAbort(error) };
    this.finish(this.recordsOf(stream, { whole }, ofStream));
  }

  /**
   * Records the call when the consumer stops reading its stream early. Keeps an existing provisional record.
   * A speech session is recorded with its latest totals instead.
   */
  leaveStream(): void {
    if (this.provisional && !this.stream?.hasRunningTotals) this.keepProvisional();
    else this.endStream({ whole: false });
  }

  private timesOf({ firstTokenAt, hasRunningTotals }: StreamUsage): Partial<RecordInput> {
    return {
      timeToFirstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - this.startedAt,
      // The duration of a speech session is the length of the conversation, not a latency.
      ...(hasRunningTotals ? { latencyMs: undefined } : {}),
    };
  }

  /**
   * Returns the facts of a stream. The stream of an agent has one entry for each model call. Any other stream
   * has one entry.
   *
   * @param ofStream facts for the entry of the stream, such as the error. Ignored for an agent
   */
  private recordsOf(
    stream: StreamUsage,
    end: Pick<StreamEnd, 'whole'>,
    ofStream: Partial<RecordInput> = {},
  ): Records {
    const { calls, facts } = this.readSoFar(stream, end);
    const uncounted = [...(facts.uncounted ?? []), ...(ofStream.uncounted ?? [])];
    return calls ?? [{ ...facts, ...ofStream, ...(uncounted.length > 0 && { uncounted }) }];
  }

  /** Returns the facts in the events read so far. For an agent, also returns the facts of each model call. */
  private readSoFar(stream: StreamUsage, { whole }: Pick<StreamEnd, 'whole'>) {
    const { known } = this;
    const { calls, ...facts } = stream.read({
      whole,
      // A request can have getters that throw.
      request: () => known && ignoringErrors(() => readContent(known.call, known.input)),
    });
    const units = ignoringErrors(() => stream.readUnits(this.unitRequest));
    // If the events come from a speech session, replaces the operation. It was recognized as
    // `InvokeModelWithResponseStream`, because both responses look the same.
    if (stream.hasRunningTotals) this.operation = stream.operation;
    else this.operation ??= stream.operation;
    return {
      calls: calls && [
        ...calls.map(({ modelId = this.context.modelId, usage, requestId, latencyMs }, index) => ({
          modelId,
          usage,
          requestId,
          latencyMs,
          // The units of the agent are counted once, with its first model call.
          ...(index === 0 ? units : {}),
        })),
        // A flow has a price of its own, besides the model calls of its agents.
        ...(known?.call.service ? [{}] : []),
      ],
      facts: { ...facts, ...units, ...withEventTerms(this.terms, facts) },
    };
  }

  private recordProvisionally(record: Partial<RecordInput>): void {
    this.provisional = this.listener.record({ ...this.facts(), ...record }, { provisional: true });
    this.notify(this.provisional);
  }

  private finish(records: Records): void {
    if (this.done) return;
    this.done = true;
    if (this.tap) untap(this.tap);
    const facts = this.facts();
    let replaces = this.provisional;
    for (const record of records) {
      this.notify(this.listener.record({ ...facts, ...record }, { replaces }));
      replaces = undefined;
    }
    this.listener.ended();
  }

  /** Returns the facts that are the same for all invocations of the call. */
  private facts(): RecordInput {
    const { context, requestId } = this;
    return {
      ...context,
      region: context.region ?? this.known?.region?.(),
      operation: context.operation ?? this.operation ?? this.known?.call.operation,
      timestamp: context.timestamp ?? this.timestamp,
      requestId,
      latencyMs: (this.answeredAt ?? monotonicMs()) - this.startedAt,
    };
  }

  private notify(invocation: Invocation): void {
    this.made = invocation;
    this.onRecorded?.(invocation);
  }
}

/** Returns the error of a stream, or undefined if the caller aborted the stream. */
function withoutAbort(error: unknown): unknown {
  return errorName(error) === 'AbortError' ? undefined : error;
}
