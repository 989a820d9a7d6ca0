import { bound } from './bound-result';
import { CallRecorder, inherited } from './call-recorder';
import { Delivery } from './delivery';
import { type DurablePlugin, HandlerRuns } from './handler-run';
import { checkedOptions, readSettings, type TokenTrackerOptions } from './settings';
import type { UsageSummary } from './summary';
import { trackedFunction, type TrackedContext, type TrackedDecorator } from './tracked-function';
import { UsageLog } from './usage-log';
import { wrapFunction } from './wrapped-function';
import { RECORDED_MARK } from '../../src/contract';
import { type InstrumentableClient, observeClient } from '../instrument/client-middleware';
import type { ModelCall } from '../instrument/model-calls';
import { withMetadata } from '../instrument/request-metadata';
import { requestIdOf } from '../instrument/response-facts';
import type { Invocation } from '../invocation/invocation';
import {
  type CachedInput,
  cachedRecord,
  type CallDefaults,
  readRecordInput,
  readOrWarn,
  type RecordInput,
  UNNAMED_MODEL,
} from '../invocation/record-input';
import { validText } from '../invocation/valid-values';
import { begun } from '../process/promises';

/** Whose calls a client makes. */
export interface InstrumentOptions extends Pick<CallDefaults, 'agentId' | 'incidentId' | 'sessionId'> {
  /**
   * Whether `agentId`, `incidentId` and that the call is recorded are written into `requestMetadata` of
   * Converse and InvokeModel requests, so that the service's invocation log joins the traces, and an ingest
   * of it does not count the call again. What the caller writes there stays. Default: what the tracker's own
   * setting says.
   */
  readonly requestMetadata?: boolean;
}

/** Tracked handler. It always returns a promise. */
export type TrackedHandler<Handler extends (...args: never[]) => unknown> = ((
  ...args: [...Parameters<Handler>, ...unknown[]]
) => Promise<Awaited<ReturnType<Handler>>>) &
  Handler;

/** What `track` gives. */
export interface Tracked<Response> {
  /** As it came. */
  readonly response: Response;
  /**
   * The call, priced. Of a stream that has not been read yet, what is known before: neither tokens nor cost.
   */
  readonly invocation: Invocation;
  /** The call as it was recorded: of a stream, when it has been read. */
  readonly recorded: Promise<Invocation>;
}

/**
 * What the flush at a handler's end may take by default, so
 * that a table that hangs does not hold the answer up.
 */
const DEFAULT_FLUSH_MS = 1000;

/**
 * Tracks model calls: their tokens, cost and latency go to CloudWatch as metrics
 * and to DynamoDB as traces. A failure of its own never reaches the caller.
 *
 * @example
 * const tracker = TokenTracker.fromEnvironment();
 * const bedrock = tracker.instrument(new BedrockRuntimeClient({}), { agentId: 'triage' });
 *
 * export const handler = tracker.handler(async ({ incidentId }) =>
 *   tracker.run({ incidentId }, () => bedrock.send(new ConverseCommand({ modelId, messages }))));
 */
export class TokenTracker {
  /**
   * A tracker as the function's environment says, set by the constructs; what is given here goes before it.
   */
  static fromEnvironment(
    env: Readonly<Record<string, string | undefined>> = process.env,
    options: TokenTrackerOptions = {},
  ): TokenTracker {
    const given = readOrWarn(() => Object.entries(options ?? {}), 'options') ?? [];
    const set = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    return new TokenTracker({ ...readSettings(env), ...set });
  }

  private readonly options: TokenTrackerOptions;
  private readonly delivery: Delivery;
  private readonly recorder: CallRecorder;
  private readonly handlerRuns: HandlerRuns;

  /** @param given an invalid option causes one warning that names it, and its default is used */
  constructor(given: TokenTrackerOptions = {}) {
    const options = readOrWarn(() => checkedOptions(given), 'options') ?? {};
    const log = new UsageLog(options);
    this.options = options;
    this.delivery = new Delivery(options);
    this.recorder = new CallRecorder(options, this.delivery, log);
    this.handlerRuns = new HandlerRuns(this.recorder, this.delivery, log, {
      enabled: options.enabled !== false,
      flushTimeoutMs: this.flushTimeoutMs,
    });
  }

  /**
   * Records every model call of an AWS SDK v3 client: Converse, InvokeModel and their streams, sessions of
   * speech (InvokeModelWithBidirectionalStream), InvokeAgent and InvokeInlineAgent. Requests, answers and
   * errors are not changed. Retries are one call.
   *
   * If a client is instrumented twice, the last time holds, and another agent or tracker causes a warning.
   * For a client that several agents share, `run` names the agent of each call.
   *
   * @returns the same client
   */
  instrument<Client extends InstrumentableClient>(client: Client, given: InstrumentOptions = {}): Client {
    const options = readRecordInput(given, 'instrument');
    observeClient(client, {
      owner: this,
      agentId: validText(options.agentId),
      enabled: this.options.enabled !== false,
      prepare: (call, input) =>
        (options.requestMetadata ?? this.options.requestMetadata)
          ? this.stamped(call, input, inherited(options, this.recorder.scope().defaults))
          : input,
      begin: (call, input, region) => this.recorder.begin({ call, input, region }, options),
    });
    return client;
  }

  /**
   * Runs an action in the context of an agent, an incident or a session. Calls inside take from the context
   * what they do not say themselves, and inner runs inherit it. If the action returns a generator, an async
   * iterable or a lazy thenable, also by a promise, then the calls in its steps have the same context.
   */
  run<Result>(context: CallDefaults, action: () => Result): Result {
    const enter = this.recorder.entering(this.recorder.inner(readRecordInput(context, 'run')));
    return bound(enter(action), { enter });
  }

  /**
   * Makes a call and records it, unless an instrumented client inside records it. It returns the unchanged
   * response with its invocation. An error is recorded, and the same error is thrown again.
   */
  async track<Response>(
    given: TrackedContext,
    call: () => Promise<Response> | Response,
  ): Promise<Tracked<Response>> {
    const context = readRecordInput(given, 'track');
    // The `then` of a lazy thenable makes the call, and is called once.
    const { result, recorded, whenRecorded } = this.recorder.observe(
      context,
      () => begun(call()) as Promise<Response>,
    );
    const response = await result;
    const beginning = () =>
      this.recorder.toInvocation(this.recorder.scope(), {
        ...context,
        modelId: context.modelId ?? UNNAMED_MODEL,
        requestId: requestIdOf(response),
      });
    return { response, invocation: recorded().invocation ?? beginning(), recorded: whenRecorded };
  }

  /**
   * Wraps a function, or a method if used as a decorator. Arguments and results are not changed. With a
   * `modelId`, the function is a model call; a generator is one call from its first step to its end. Without
   * a `modelId`, the function gives its context to the calls inside, as `run` does.
   *
   * @param options the context, or a function that returns it for the arguments of the call
   *
   * @example
   * const triage = tracker.tracked(({ incidentId }) => ({ agentId: 'triage', incidentId }));
   * const answer = triage(async (event) => …);
   */
  tracked(options: TrackedContext): TrackedDecorator<never[]>;
  tracked<Args extends readonly unknown[]>(
    options: (...args: Args) => TrackedContext,
  ): TrackedDecorator<Args>;
  tracked<Args extends readonly unknown[]>(
    options: TrackedContext | ((...args: Args) => TrackedContext),
  ): TrackedDecorator<Args> {
    return trackedFunction(options, (context, call) =>
      context.modelId === undefined ? this.run(context, call) : this.recorder.observe(context, call).result,
    );
  }

  /** Records a call that was made by other means. */
  record(input: RecordInput): Invocation {
    return this.recorder.note(readRecordInput(input, 'record'));
  }

  /** Records an answer from the application's own cache: its tokens are estimated, and it costs nothing. */
  recordCached(input: CachedInput): Invocation {
    return this.record(cachedRecord(readRecordInput(input, 'recordCached')));
  }

  /**
   * Records a call that held several items of work, such as documents
   * to classify: `tokensPerItem` says how many tokens each took.
   */
  recordBatch(input: RecordInput, items: number): Invocation {
    return this.record({ ...readRecordInput(input, 'recordBatch'), items });
  }

  /** What the calls of this handler run came to; outside a handler, those of the process. */
  summary(): UsageSummary {
    return this.recorder.scope().run.summary;
  }

  /**
   * Sends metrics and traces: those of the run inside a handler, and all of them outside. It never rejects.
   *
   * @param deadlineMs time limit in milliseconds. The rest is then written to the log (default:
   * `flushTimeoutMs`)
   */
  flush(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = this.flushTimeoutMs } = (options as typeof options | null) ?? {};
    const { run } = this.recorder.scope();
    return !this.recorder.isOutside() && run.phase !== 'ended'
      ? this.delivery.flushRun(run, deadlineMs)
      : this.delivery.flush({ deadlineMs });
  }

  /**
   * Wraps a Lambda handler, also one that streams or calls back. It logs the sums of the handler's calls in
   * one line, and delivers all metrics and traces before the handler's answer. If the function is about to
   * time out, it delivers them before that. If Lambda passes a callback (Node.js 22 and earlier), only a
   * promise or the callback is the answer, as for a handler that is not wrapped.
   *
   * @returns a function with the handler's members. Chained methods, such as `use` of middy, return this
   * function.
   */
  handler<Handler extends (...args: never[]) => unknown>(handle: Handler): TrackedHandler<Handler> {
    const { handlerRuns } = this;
    // Lambda's runtime reads members of the function, and counts its parameters.
    return wrapFunction(handle, function (...args) {
      return handlerRuns.call(handle, this, args);
    }) as TrackedHandler<Handler>;
  }

  /**
   * Returns a plugin for AWS's SDK for durable functions, for a tracked handler inside
   * `withDurableExecution`. The SDK suspends an invocation without ending its handler, and awaits its
   * plugins. With `handler` around `withDurableExecution`, no plugin is needed.
   *
   * @example
   * const plugins = [tracker.durablePlugin()];
   * export const handler = withDurableExecution(tracker.handler(run), { plugins });
   */
  durablePlugin(): DurablePlugin {
    return { wrapInvocation: (_info, invoke) => this.handler(invoke)() };
  }

  private get flushTimeoutMs(): number {
    return this.options.flushTimeoutMs ?? DEFAULT_FLUSH_MS;
  }

  private stamped(
    call: ModelCall,
    input: Readonly<Record<string, unknown>>,
    { agentId = this.options.agentId, incidentId }: CallDefaults,
  ) {
    return withMetadata(input, call, {
      [RECORDED_MARK.name]: this.recorder.isLeftToIngest(call) ? undefined : RECORDED_MARK.value,
      agentId,
      incidentId,
    });
  }
}
