import { callOfResponse, contentOf, type ModelCall, streamOf } from './model-calls';
import { type Headers, readAnswer, requestIdOf } from './response-facts';
import { StreamReader } from './stream-reader';
import { type StreamTap, tapStream, untap } from './stream-tap';
import type { Invocation } from '../invocation/invocation';
import type { CallContext, RecordInput } from '../invocation/record-input';
import type { RecordState } from '../invocation/record-state';
import { warnOnce } from '../process/warn-once';
import { objectOf } from '../usage/counts';

/** A record that was made, or that will be made when a stream has been read. */
export interface Recorded {
  readonly invocation: Invocation | undefined;
  recorded(): Promise<Invocation>;
}

/** What an observed call tells of its progress. */
export interface CallListener {
  /**
   * Called once for each model call: a Bedrock agent's run may have several. A provisional record is followed by
   * another that replaces it if the answer comes.
   */
  record(input: RecordInput, state: RecordState): Invocation;
  /** Called after the first record, or if something else records the call. */
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
 * One model call from its begin to its record: exactly one, whatever comes of it, and before it one provisional
 * record if somebody could not wait. None of its methods throws.
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
  /** Record that was made before the answer. */
  private provisional: Invocation | undefined;
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
   * Records provisionally what is known: the answer may come too late.
   *
   * @param reason error of a call that has no answer yet
   */
  abandon(reason: string): void {
    if (this.done || this.provisional) return;
    if (!this.reader) {
      this.recordProvisionally({ error: { name: reason } });
      return;
    }
    const { calls, facts } = this.readSoFar(this.reader, { whole: false });
    // The model calls that an agent has told of are answered.
    if (calls) this.finish(calls);
    else this.recordProvisionally(facts);
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
      // A stream that is left after a provisional record tells nothing more.
      onLeft: () => (this.provisional ? this.drop() : this.endStream({ whole: false })),
    };
    if (tapStream(stream, this.tap)) return;
    warnOnce(
      'stream',
      'A stream cannot be listened to, as its object cannot be changed: its usage is not known.',
    );
    this.endStream({ whole: false });
  }

  private endStream({ whole, error }: { readonly whole: boolean; readonly error?: unknown }): void {
    if (this.done || !this.reader) return;
    const { calls, facts } = this.readSoFar(this.reader, { whole });
    this.finish(calls ?? [{ ...facts, error: failureOf(error) }]);
  }

  /** Returns what a stream has told: the model calls of an agent, or facts of the one call. */
  private readSoFar(reader: StreamReader, { whole }: { readonly whole: boolean }) {
    const { known } = this;
    const { calls, ...facts } = reader.end({
      whole,
      request: () => known && contentOf(known.call, known.input),
    });
    const timeToFirstTokenMs =
      reader.firstTokenAt === undefined ? undefined : reader.firstTokenAt - this.startedAt;
    return {
      calls: calls?.map(({ modelId = this.context.modelId, usage, requestId, latencyMs }) => ({
        modelId,
        usage,
        requestId,
        latencyMs,
      })),
      facts: { ...facts, timeToFirstTokenMs },
    };
  }

  private recordProvisionally(record: Partial<RecordInput>): void {
    this.provisional = this.listener.record({ ...this.facts(), ...record }, { provisional: true });
    this.tell(this.provisional);
    this.listener.ended();
  }

  private finish(records: readonly Partial<RecordInput>[]): void {
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

  /** Returns what all records of the call have in common. */
  private facts(): RecordInput {
    const { context, requestId } = this;
    return {
      ...context,
      operation: context.operation ?? this.operation ?? this.known?.call.operation,
      timestamp: context.timestamp ?? this.timestamp,
      requestId,
      latencyMs: performance.now() - this.startedAt,
    };
  }

  private tell(invocation: Invocation): void {
    this.invocation = invocation;
    this.onRecorded?.(invocation);
  }
}

/** What a stream broke with, unless its reader broke it off. */
function failureOf(error: unknown): unknown {
  return error instanceof Error && error.name === 'AbortError' ? undefined : error;
}
