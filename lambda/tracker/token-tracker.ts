import { bound } from './bound-result';
import { type CallRecorder, callRecorder, inherited } from './call-recorder';
import { Delivery } from './delivery';
import { type CallHandler, type DurablePlugin, handlerRuns } from './handler-run';
import { checkedOptions, readSettings, type TokenTrackerOptions } from './settings';
import type { UsageSummary } from './summary';
import { trackedFunction, type TrackedContext, type TrackedDecorator } from './tracked-function';
import { UsageLog } from './usage-log';
import { warmUp } from './warm-up';
import { wrapFunction } from './wrapped-function';
import { RECORDED_MARK } from '../../src/contract';
import { type InstrumentableClient, observeClient } from '../instrument/client-middleware';
import { type FetchFunction, type GlobalFetch, recordingFetch } from '../instrument/recording-fetch';
import { withMetadata } from '../instrument/request-metadata';
import { readStrandsCall, type StrandsMiddleware, strandsReader } from '../instrument/strands-call';
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
import { isInLambda } from '../process/lambda-environment';
import { begun } from '../process/promises';
import { validText } from '../usage/counts';
import { type ModelCall, requestIdOf } from '../usage/model-calls';

/**
 * Options of an instrumented client. The agent, the incident and the session are defaults for all calls of
 * the client. Values of the call or its context take precedence.
 */
export interface InstrumentOptions extends Pick<CallDefaults, 'agentId' | 'incidentId' | 'sessionId'> {
  /**
   * True to add the agent, the incident and a mark to `requestMetadata` of Converse and InvokeModel requests.
   * Bedrock writes `requestMetadata` to its invocation log. An ingest of the log skips calls with the mark,
   * because they are already recorded. Values that the caller has set in `requestMetadata` are kept. Default:
   * `requestMetadata` of the tracker
   */
  readonly requestMetadata?: boolean;
  /**
   * True to record calls of an AgentCore client without tokens in their responses, such as
   * InvokeAgentRuntime. AgentCore bills CPU and memory, not calls, so such a call has no known cost. False to
   * count these calls only, in `agentCoreCalls` of the summary. Default: false
   */
  readonly recordAgentCore?: boolean;
}

/** Options of a recording `fetch`. The agent, the incident and the session are defaults for all its calls. */
export interface FetchOptions extends Pick<CallDefaults, 'agentId' | 'incidentId' | 'sessionId'> {
  /**
   * Base URLs whose calls are recorded, besides the endpoints of Amazon Bedrock. Examples are the URL of a
   * proxy and the endpoint of an emulator. If one of them is not a URL, all are ignored, with a warning. The
   * base URLs in the environment variables `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, `AWS_ENDPOINT_URL` and
   * `ANTHROPIC_BEDROCK_BASE_URL` do not have to be repeated here. Default: none
   */
  readonly endpoints?: readonly string[];
}

/**
 * Options of a Strands middleware. The agent, the incident and the session are defaults for all its calls.
 */
export interface StrandsOptions extends Pick<CallDefaults, 'agentId' | 'incidentId' | 'sessionId'> {
  /**
   * Region of the models, such as `eu-central-1`. Set it if the models are in another region than the
   * program. Default: region of the tracker
   */
  readonly region?: string;
}

/**
 * Handler that `TokenTracker.handler` returns. It has the members of the original handler, and always returns
 * a promise.
 */
export type TrackedHandler<Handler extends (...args: never[]) => unknown> = ((
  ...args: [...Parameters<Handler>, ...unknown[]]
) => Promise<Awaited<ReturnType<Handler>>>) &
  Handler;

/** Result of `track`. */
export interface Tracked<Response> {
  /** Response of the call, unchanged. */
  readonly response: Response;
  /**
   * Invocation with its tokens and cost. For a stream that has not been read yet, it has no tokens and no
   * cost.
   */
  readonly invocation: Invocation;
  /** Promise of the complete invocation. For a stream, it is fulfilled when the stream has been read. */
  readonly recorded: Promise<Invocation>;
}

/**
 * Default time limit, in milliseconds, for the delivery of metrics and traces at the end of a handler. The
 * delivery delays the answer of the handler.
 */
const DEFAULT_FLUSH_MS = 1000;

/**
 * Tracks model calls. Sends their tokens, cost and latency to CloudWatch as metrics and to DynamoDB as
 * traces. Failures of the tracker never reach the caller.
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
   * Creates a tracker from environment variables, which the CDK constructs set on a function.
   *
   * @param env environment variables. Default: the variables of the process
   * @param options settings that take precedence over the environment variables
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
  private readonly callHandler: CallHandler;

  /**
   * Creates a tracker. Never throws.
   *
   * @param given settings. If a setting is invalid, one warning names the setting, and the default is used
   */
  constructor(given: TokenTrackerOptions = {}) {
    const options = readOrWarn(() => checkedOptions(given), 'options') ?? {};
    const log = new UsageLog(options);
    this.options = options;
    this.delivery = new Delivery(options);
    this.recorder = callRecorder(options, this.delivery, log);
    this.callHandler = handlerRuns({
      recorder: this.recorder,
      delivery: this.delivery,
      log,
      enabled: options.enabled !== false,
      flushTimeoutMs: this.flushTimeoutMs,
    });
    if (isInLambda() && options.enabled !== false) warmUp();
  }

  /**
   * Records all model calls of an AWS SDK v3 client: Converse, InvokeModel, the streams of both, speech
   * sessions (InvokeModelWithBidirectionalStream), InvokeAgent and InvokeInlineAgent. Also records all other
   * operations that Bedrock bills, such as ApplyGuardrail, Rerank and InvokeFlow. If the cost is not known,
   * the call is unpriced. A call and its retries are one invocation. Responses and errors are not changed.
   * Requests are changed only if `requestMetadata` is enabled.
   *
   * If you instrument a client a second time, the new options replace the old options. If the agent or the
   * tracker is different, a warning is logged. If several agents share a client, use `run` to set the agent
   * of each call.
   *
   * @returns the same client
   */
  instrument<Client extends InstrumentableClient>(client: Client, given: InstrumentOptions = {}): Client {
    const options = readRecordInput(given, 'instrument');
    observeClient(client, {
      owner: this,
      agentId: validText(options.agentId),
      enabled: this.options.enabled !== false,
      takes: call => options.recordAgentCore === true || !this.recorder.countAgentCore(call),
      prepare: (call, input) =>
        (options.requestMetadata ?? this.options.requestMetadata)
          ? this.stamped(call, input, inherited(options, this.recorder.scope().defaults))
          : input,
      begin: (call, input, region) => this.recorder.begin({ call, input, region }, options),
    });
    return client;
  }

  /**
   * Returns a `fetch` for clients that do not use the AWS SDK, such as the Vercel AI SDK, the Anthropic SDK
   * and the OpenAI SDK. Records the calls of Bedrock's models: Converse, InvokeModel, the streams of both,
   * Chat Completions, Responses and Messages. All other requests pass through. Requests, responses and errors
   * are not changed. Each request is one invocation, so each retry of the client is a further
   * invocation.
   *
   * @param base function that sends the requests. Default: the global `fetch`
   * @param options defaults for the calls, and further base URLs. Default: those of the tracker
   * @returns `base` itself if the tracker is disabled
   *
   * @example
   * const bedrock = createAmazonBedrock({ region: 'us-east-1', fetch: tracker.fetch() });
   */
  fetch(base?: GlobalFetch, options?: FetchOptions): GlobalFetch;
  fetch<Fetch extends FetchFunction>(base: Fetch, options?: FetchOptions): Fetch;
  fetch(base?: FetchFunction, given: FetchOptions = {}): FetchFunction {
    const original = typeof base === 'function' ? base : globalThis.fetch;
    if (this.options.enabled === false) return original;
    const options = readRecordInput(given, 'fetch');
    return recordingFetch(original, {
      endpoints: readOrWarn(() => given.endpoints, 'endpoints'),
      begin: known => this.recorder.begin(known, options),
    });
  }

  /**
   * Returns a middleware for agents of `@strands-agents/sdk`. Records each call of a Bedrock model that an
   * agent makes. Calls of other models pass through. Events, results and errors are not changed. Each attempt
   * is one invocation, so each retry of the agent is a further invocation.
   *
   * @param given defaults for the calls. Default: those of the tracker
   *
   * @example
   * const agent = new Agent({ model: new BedrockModel() });
   * agent.addMiddleware(InvokeModelStage, tracker.strands({ agentId: 'triage' }));
   */
  strands(given: StrandsOptions = {}): StrandsMiddleware {
    if (this.options.enabled === false) return (context, next) => next(context);
    const options = readRecordInput(given, 'strands');
    return (context, next) => {
      const call = readOrWarn(() => readStrandsCall(context), 'strands');
      if (!call) return next(context);
      const { modelId, known } = call;
      const defaults = inherited(options, this.recorder.scope().defaults);
      return this.recorder.observe({ ...defaults, region: options.region, modelId }, () => next(context), {
        known,
        reader: observed => strandsReader(observed, call),
      }).result;
    };
  }

  /**
   * Runs an action, and sets the agent, the incident or the session of all model calls inside it. Values of a
   * call, or of a `run` inside the action, take precedence.
   *
   * If the action returns a generator, an async iterable or a lazy thenable, the context applies to all its
   * steps. The action can also return a promise of one of these.
   *
   * @returns the result of the action
   */
  run<Result>(context: CallDefaults, action: () => Result): Result {
    const enter = this.recorder.entering(this.recorder.inner(readRecordInput(context, 'run')));
    return bound(enter(action), { enter });
  }

  /**
   * Runs `call`, and records it as one model call. If an instrumented client records a model call inside
   * `call`, only that model call is recorded.
   *
   * @returns the unchanged response, and the invocation
   * @throws the error of the call, after the failed call is recorded
   */
  async track<Response>(
    given: TrackedContext,
    call: () => Promise<Response> | Response,
  ): Promise<Tracked<Response>> {
    const context = readRecordInput(given, 'track');
    // A lazy thenable makes a model call each time its `then` is called. `begun` calls `then` only once.
    const { result, recorded, whenRecorded } = this.recorder.observe(
      context,
      () => begun(call()) as Promise<Response>,
    );
    const response = await result;
    const beginning = () =>
      this.recorder.toPricedInvocation(this.recorder.scope(), {
        ...context,
        modelId: context.modelId ?? UNNAMED_MODEL,
        requestId: requestIdOf(response),
      });
    return { response, invocation: recorded().invocation ?? beginning(), recorded: whenRecorded };
  }

  /**
   * Returns a decorator for a function or a method. The decorated function has the same arguments and
   * results.
   *
   * If the context has a `modelId`, each call of the function is recorded as a model call. For a generator,
   * the model call lasts from its first step to its last step. Without a `modelId`, the context applies to
   * the model calls inside the function, as in `run`.
   *
   * @param options context, or a function that returns the context for the arguments of the call
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

  /** Records a model call that no instrumented client has made. Returns the invocation with its cost. */
  record(input: RecordInput): Invocation {
    return this.recorder.note(readRecordInput(input, 'record'));
  }

  /** Records an answer from the application's own cache. The tokens are estimated, and the cost is 0. */
  recordCached(input: CachedInput): Invocation {
    return this.record(cachedRecord(readRecordInput(input, 'recordCached')));
  }

  /**
   * Records a model call that handles several items of work, such as documents to classify. In the
   * invocation, `tokensPerItem` is the number of tokens divided by `items`.
   */
  recordBatch(input: RecordInput, items: number): Invocation {
    return this.record({ ...readRecordInput(input, 'recordBatch'), items });
  }

  /**
   * Returns the sums of all calls in the current handler run so far. If no handler is running, returns the
   * sums of all calls outside of handlers.
   */
  summary(): UsageSummary {
    return this.recorder.scope().run.summary;
  }

  /**
   * Sends metrics and traces, and never rejects. Inside a handler, sends the metrics and traces of the
   * current handler run and of all calls outside of handlers. Outside of handlers, sends all metrics and
   * traces.
   *
   * @param options.deadlineMs time limit in milliseconds. Metrics and traces that are not sent in time go to
   * the log. Default: `flushTimeoutMs` of the tracker
   */
  flush(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = this.flushTimeoutMs } = (options as typeof options | null) ?? {};
    const { run } = this.recorder.scope();
    return !this.recorder.isOutside() && run.phase !== 'ended'
      ? this.delivery.flushRun(run, deadlineMs)
      : this.delivery.flush({ deadlineMs });
  }

  /**
   * Wraps a Lambda handler. Delivers all metrics and traces before the handler answers, or shortly before the
   * function times out. Logs one line with the sums of the handler's calls. The handler can stream its
   * response. On Node.js 22 and earlier, the handler can answer with a callback.
   *
   * @returns a function with the members of the handler. Methods such as `use` of middy return this function
   * instead of the handler
   */
  handler<Handler extends (...args: never[]) => unknown>(handle: Handler): TrackedHandler<Handler> {
    const { callHandler } = this;
    // `wrapFunction` keeps the members of the handler and its number of parameters, because the Lambda
    // runtime reads both.
    return wrapFunction(handle, function (...args) {
      return callHandler(handle, this, args);
    }) as TrackedHandler<Handler>;
  }

  /**
   * Returns a plugin for `withDurableExecution`, the wrapper of the AWS SDK for durable functions. Use the
   * plugin if `withDurableExecution` wraps the result of `handler`. When the SDK suspends the function, the
   * handler does not end. The SDK then waits until the plugin has delivered metrics and traces.
   *
   * If `handler` wraps the result of `withDurableExecution`, no plugin is necessary.
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
