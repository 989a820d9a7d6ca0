import { callOfResponse, contentOf, type ModelCall, streamOf } from './model-calls';
import { type Headers, readAnswer, requestIdOf } from './response-facts';
import { StreamReader } from './stream-reader';
import { type StreamTap, tapStream, untap } from './stream-tap';
import type { Invocation } from '../invocation/invocation';
import type { CallContext, RecordInput } from '../invocation/record-input';
import { warnOnce } from '../process/warn-once';
import { objectOf } from '../usage/counts';

/** A record that was made, or that will be made when a stream has been read. */
export interface Recorded {
  readonly invocation: Invocation | undefined;
  recorded(): Promise<Invocation>;
}

/** What an observed call tells of its progress. */
export interface CallListener {
  /** Called once for each model call: a Bedrock agent's run may have several. */
  record(input: RecordInput): Invocation;
  /** Called once, after the last record. */
  ended(): void;
}

/** A model call of which the operation and the request are known. */
export interface KnownCall {
  readonly call: ModelCall;
  /**
   * The request. It is read only where a stream ends before it told its usage, and not kept beyond the call.
   */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * One model call from its begin to its record: exactly one, whatever comes of it. None of its methods throws.
 */
export class ObservedCall implements Recorded {
  invocation: Invocation | undefined;
  private readonly startedAt = performance.now();
  private readonly timestamp = new Date();
  private reader: StreamReader | undefined;
  private tap: StreamTap | undefined;
  private operation: string | undefined;
  private requestId: string | undefined;
  private done = false;
  private record: Promise<Invocation> | undefined;
  private onRecorded: ((invocation: Invocation) => void) | undefined;

  constructor(
    private readonly context: CallContext,
    private readonly listener: CallListener,
    private readonly known?: KnownCall,
  ) {}

  /** Whether the answer is a stream that has not been read to its end. */
  get isStream(): boolean {
    return this.reader !== undefined && !this.done;
  }

  /** Fulfilled with the record, when there is one. */
  recorded(): Promise<Invocation> {
    const { invocation } = this;
    this.record ??= invocation
      ? Promise.resolve(invocation)
      : new Promise(resolve => {
          this.onRecorded = resolve;
        });
    return this.record;
  }

  /** The model answered: with all of its answer, or with the begin of a stream. */
  answered(response: unknown, headers?: Headers): void {
    try {
      const members = objectOf(response);
      this.requestId = requestIdOf(response);
      const call = this.known?.call ?? (members && callOfResponse(this.context.operation, members));
      if (!members || !call) {
        this.finish([{}]);
        return;
      }
      this.operation = call.operation;
      const stream = streamOf(call, members);
      if (stream) this.listen(stream, call);
      else this.finish([readAnswer(call.reads, this.context.modelId, members, headers)]);
    } catch {
      // A response may have getters, or be a proxy: the caller gets it all the same.
      this.finish([{}]);
    }
  }

  failed(error: unknown): void {
    this.requestId ??= requestIdOf(error);
    // What was thrown may be nothing at all; it is a failure all the same.
    this.finish([{ error: error ?? new Error() }]);
  }

  /**
   * Nobody will tell how the call ends: what is known of it is
   * recorded. @param reason the error of a call that has no answer yet
   */
  abandon(reason: string): void {
    if (this.reader) this.endStream({ whole: false });
    else this.failed({ name: reason });
  }

  /** Something else records the call. */
  drop(): void {
    if (this.done) return;
    this.done = true;
    this.listener.ended();
  }

  private listen(stream: AsyncIterable<unknown>, call: ModelCall): void {
    const reader = new StreamReader(call.reads, this.context.modelId);
    this.reader = reader;
    this.tap = {
      onEvent: event => reader.add(event),
      onEnd: ({ error }) => this.endStream({ whole: error === undefined, error }),
      onLeft: () => this.endStream({ whole: false }),
    };
    if (tapStream(stream, this.tap)) return;
    warnOnce(
      'stream',
      'A stream cannot be listened to, as its object cannot be changed: its usage is not known.',
    );
    this.endStream({ whole: false });
  }

  private endStream({ whole, error }: { readonly whole: boolean; readonly error?: unknown }): void {
    const { reader, known } = this;
    if (this.done || !reader) return;
    const { calls, ...facts } = reader.end({
      whole,
      request: () => known && contentOf(known.call, known.input),
    });
    const timeToFirstTokenMs =
      reader.firstTokenAt === undefined ? undefined : reader.firstTokenAt - this.startedAt;
    this.finish(
      calls?.map(({ modelId = this.context.modelId, usage, requestId, latencyMs }) => ({
        modelId,
        usage,
        requestId,
        latencyMs,
      })) ?? [{ ...facts, timeToFirstTokenMs, error: failureOf(error) }],
    );
  }

  private finish(records: readonly Partial<RecordInput>[]): void {
    if (this.done) return;
    this.done = true;
    if (this.tap) untap(this.tap);
    const { context, requestId } = this;
    const call = {
      ...context,
      operation: context.operation ?? this.operation ?? this.known?.call.operation,
      timestamp: context.timestamp ?? this.timestamp,
      requestId,
      latencyMs: performance.now() - this.startedAt,
    };
    for (const record of records) this.invocation = this.listener.record({ ...call, ...record });
    if (this.invocation) this.onRecorded?.(this.invocation);
    this.listener.ended();
  }
}

/** What a stream broke with, unless its reader broke it off. */
function failureOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'AbortError' ? undefined : error;
}
