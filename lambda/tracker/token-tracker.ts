import { AsyncLocalStorage } from 'node:async_hooks';
import { bound, type WorkCall } from './bound-result';
import { Claim, inherited, type Scope } from './call-scope';
import { Delivery } from './delivery';
import { type DurablePlugin, isDurable } from './durable-run';
import { beforeDeadline, remainingTime } from './function-deadline';
import { calledWithEnd } from './handler-end';
import { RecentIds } from './recent-ids';
import { checkedOptions, readSettings, type TokenTrackerOptions } from './settings';
import type { UsageSummary } from './summary';
import { trackedFunction, type TrackedContext, type TrackedDecorator } from './tracked-function';
import { UsageLog } from './usage-log';
import { wrapFunction } from './wrapped-function';
import { RECORDED_MARK } from '../../src/contract';
import { type InstrumentableClient, observeClient } from '../instrument/client-middleware';
import type { ModelCall } from '../instrument/model-calls';
import { type KnownCall, ObservedCall, type Recorded } from '../instrument/observed-call';
import { withMetadata } from '../instrument/request-metadata';
import { requestIdOf } from '../instrument/response-facts';
import type { Invocation } from '../invocation/invocation';
import {
  type CachedInput,
  cachedRecord,
  type CallContext,
  type CallDefaults,
  readRecordInput,
  toInvocation,
  readOrWarn,
  type RecordInput,
  UNNAMED_MODEL,
} from '../invocation/record-input';
import type { RecordState } from '../invocation/record-state';
import { validText } from '../invocation/valid-values';
import { CostCalculator } from '../pricing/cost-calculator';
import { ProfileResolver } from '../pricing/model-id';
import { begun } from '../process/promises';
import { errorName, warnOnce } from '../process/warn-once';

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
/** The error of calls that the function's end cut off. */
const FUNCTION_TIMEOUT = 'FunctionTimeout';
/** What is left of the function's time for its own end. */
const RESERVED_MS = 200;

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

  private readonly profiles: ProfileResolver;
  private readonly calculator: CostCalculator;
  private readonly delivery: Delivery;
  private readonly log: UsageLog;
  /** Request ids of recorded invocations. A repeated id is the same invocation. */
  private readonly recorded = new RecentIds();
  /** Invocations that were not recorded, because their request id was. */
  private readonly repeated = new WeakSet<Invocation>();
  private readonly scopes = new AsyncLocalStorage<Scope>();
  private readonly outside: Scope;

  private readonly options: TokenTrackerOptions;

  /** @param given what is not as it must be is warned of once, by its name, and its default is taken */
  constructor(given: TokenTrackerOptions = {}) {
    const options = readOrWarn(() => checkedOptions(given), 'options') ?? {};
    this.options = options;
    this.profiles = new ProfileResolver(
      options.inferenceProfiles,
      options.resolveProfiles && options.enabled !== false ? loadProfileLookup : undefined,
      typeof options.resolveProfiles === 'object' ? options.resolveProfiles : undefined,
    );
    this.calculator = new CostCalculator(options, this.profiles);
    this.delivery = new Delivery(options);
    this.log = new UsageLog(options);
    this.outside = { run: this.delivery.outside, defaults: {} };
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
    const defaults = () => inherited(options, this.scope().defaults);
    observeClient(client, {
      owner: this,
      agentId: validText(options.agentId),
      enabled: this.options.enabled !== false,
      prepare: (call, input) =>
        (options.requestMetadata ?? this.options.requestMetadata)
          ? this.stamped(call, input, defaults())
          : input,
      begin: (call, input, region) => {
        const scope = this.scope();
        const read = (name: string | undefined) => validText(name && readOrWarn(() => input[name], name));
        const modelId = read(call.model) ?? UNNAMED_MODEL;
        const { sessionId = read('sessionId'), ...others } = defaults();
        const isLeft = this.isLeft(call);
        void this.profiles.prefetch(modelId);
        const observed = this.observed(
          scope,
          { ...others, sessionId, modelId },
          { call, input, region },
          isLeft ? record => this.invocationOf(scope, record) : undefined,
        );
        if (!isLeft) this.delivery.observe(observed, scope.run);
        scope.claim?.note(observed);
        return observed;
      },
    });
    return client;
  }

  /**
   * Runs an action in the context of an agent, an incident or a session. Calls inside take from the context
   * what they do not say themselves, and inner runs inherit it. If the action returns a generator, an async
   * iterable or a lazy thenable, also by a promise, then the calls in its steps have the same context.
   */
  run<Result>(context: CallDefaults, action: () => Result): Result {
    const enter = this.entering(this.inner(this.scope(), readRecordInput(context, 'run')));
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
    const { result, recorded, whenRecorded } = this.observe(
      context,
      () => begun(call()) as Promise<Response>,
    );
    const response = await result;
    const beginning = () =>
      this.invocationOf(this.scope(), {
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
      context.modelId === undefined ? this.run(context, call) : this.observe(context, call).result,
    );
  }

  /** Records a call that was made by other means. */
  record(input: RecordInput): Invocation {
    const scope = this.scope();
    const invocation = this.recordIn(scope, readRecordInput(input, 'record'));
    scope.claim?.note({ invocation, recorded: () => Promise.resolve(invocation) });
    return invocation;
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
    return this.scope().run.summary;
  }

  /**
   * Sends metrics and traces: those of the run inside a handler, and all of them outside. It never rejects.
   *
   * @param deadlineMs time limit in milliseconds. The rest is then written to the log (default:
   * `flushTimeoutMs`)
   */
  flush(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = this.flushTimeoutMs } = (options as typeof options | null) ?? {};
    const { run } = this.scope();
    return run !== this.outside.run && run.phase !== 'ended'
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
    const handleRun = (self: unknown, args: readonly unknown[]) => {
      const handleEvent = (...given: unknown[]): unknown => Reflect.apply(handle, self, given);
      const durable = isDurable(args);
      // A tracked function around the SDK also sees the end of a suspended invocation, so it keeps the run.
      const { run: around } = this.scope();
      if (durable && around !== this.outside.run) {
        around.callOff ??= this.watchDeadline(args);
        return handleEvent(...args);
      }
      // A durable run may never end, so its records do not wait for the end.
      const run = this.delivery.begin({ waitsForEnd: !durable });
      const enter = this.entering({ run, defaults: {} });
      return enter(() => {
        run.callOff = this.watchDeadline(args);
        return calledWithEnd(handleEvent, args, {
          flush: () => this.flush({ deadlineMs: this.flushTime(args) }),
          end: () => {
            run.callOff?.();
            // The callback can be called from any context.
            return enter(() => this.finishRun(args));
          },
        });
      });
    };
    // Lambda's runtime reads members of the function, and counts its parameters.
    return wrapFunction(handle, function (...args) {
      return handleRun(this, args);
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

  private watchDeadline(args: readonly unknown[]): (() => void) | undefined {
    const { run } = this.scope();
    return beforeDeadline(remainingTime(args), {
      soon: () => {
        run.phase = 'late';
        void this.delivery.flushRun(run, this.flushTime(args));
      },
      last: () => {
        run.abandon(FUNCTION_TIMEOUT);
        // From now on, each record is printed at once.
        run.phase = 'last';
        this.delivery.spillRun(run);
      },
      end: () => {
        run.abandon(FUNCTION_TIMEOUT);
        run.countProvisional();
        this.delivery.spillRun(run);
      },
    });
  }

  private async finishRun(args: readonly unknown[]): Promise<void> {
    const { run } = this.scope();
    run.finishReadings();
    // A stream that the handler has not read to its end is unlikely to be read later.
    run.abandon(FUNCTION_TIMEOUT, call => call.isStream);
    try {
      if (this.options.enabled !== false) this.log.run(run.summary);
    } catch {
      // A log that cannot be written must not reach the caller.
    }
    await this.delivery.finish(run, this.flushTime(args));
  }

  private get flushTimeoutMs(): number {
    return this.options.flushTimeoutMs ?? DEFAULT_FLUSH_MS;
  }

  private flushTime(args: readonly unknown[]): number {
    const remaining = remainingTime(args);
    return remaining === undefined
      ? this.flushTimeoutMs
      : Math.min(this.flushTimeoutMs, Math.max(0, remaining - RESERVED_MS));
  }

  /** Makes a call that is recorded if nothing inside it is. */
  private observe<Result>(context: TrackedContext, call: () => Result): Observed<Result> {
    const scope = this.scope();
    const claim = new Claim(scope.claim);
    const recorded = () => claim.last ?? observed;
    const observed: ObservedCall = this.observed(
      scope,
      { ...context, modelId: context.modelId ?? UNNAMED_MODEL },
      undefined,
      // Code that reads the stream can make the instrumented call that is recorded.
      (record, state) =>
        claim.last
          ? (claim.last.invocation ?? this.invocationOf(scope, record))
          : this.recordIn(scope, record, state),
    );
    const open = (isOpen: boolean) => {
      if (!isOpen) this.delivery.forget(observed, scope.run);
      else if (!isSettled) this.delivery.observe(observed, scope.run);
    };
    let tell: (record: Promise<Invocation>) => void;
    const whenRecorded = new Promise<Invocation>(resolve => (tell = resolve));
    let isSettled = false;
    void this.profiles.prefetch(context.modelId);
    const settle = (end: () => void) => {
      isSettled = true;
      if (claim.last) {
        observed.drop();
      } else {
        scope.claim?.note(observed);
        end();
      }
      tell(recorded().recorded());
    };
    const followed: WorkCall = {
      open,
      answered: response => settle(() => observed.answered(response)),
      failed: error => settle(() => observed.failed(error)),
      streams: stream => observed.streams(stream),
      event: event => observed.event(event),
      ended: end => settle(() => observed.endStream(end)),
    };
    const enter = this.entering({ ...this.inner(scope, context), claim });
    open(true);
    let result: Result;
    try {
      result = enter(call);
    } catch (error) {
      followed.failed(error);
      throw error;
    }
    return { result: bound(result, { enter, call: followed }), recorded, whenRecorded };
  }

  private observed(
    scope: Scope,
    context: CallContext,
    known?: KnownCall,
    record = (input: RecordInput, state: RecordState = {}) => this.recordIn(scope, input, state),
  ): ObservedCall {
    const observed: ObservedCall = new ObservedCall(
      context,
      {
        record,
        ended: () => this.delivery.forget(observed, scope.run),
        withdrawn: provisional => this.delivery.withdraw(provisional, scope.run),
      },
      known,
    );
    return observed;
  }

  private recordIn(
    scope: Scope,
    input: RecordInput,
    { provisional, replaces }: RecordState = {},
  ): Invocation {
    // A replacement has the key of the provisional trace.
    const asked = replaces
      ? { ...input, requestId: replaces.requestId, timestamp: replaces.timestamp }
      : input;
    const invocation = this.invocationOf(scope, asked);
    if (this.options.enabled === false) return invocation;
    const requestId = validText(input.requestId);
    const isRepeated = requestId !== undefined && !this.recorded.add(requestId);
    if (replaces ? this.repeated.has(replaces) : isRepeated) {
      this.repeated.add(invocation);
      return invocation;
    }
    const isCounted = replaces !== undefined && !scope.run.provisional.delete(replaces);
    const state: RecordState = { provisional, replaces, isCounted };
    const lookedUp = this.profiles.prefetch(invocation.modelId);
    if (lookedUp && !provisional && scope.run.phase !== 'last') {
      // The caller may change its objects meanwhile.
      const { requestId: id, timestamp, usage } = invocation;
      const record = () =>
        this.take(scope, this.invocationOf(scope, { ...asked, usage, requestId: id, timestamp }), state);
      this.delivery.hold({ lookedUp, invocation, record, isCounted }, scope.run);
    } else {
      this.take(scope, invocation, state);
    }
    return invocation;
  }

  private take(scope: Scope, invocation: Invocation, state: RecordState): void {
    try {
      this.delivery.take(invocation, scope.run, state);
      this.log.call(invocation);
    } catch (error) {
      warnOnce('record', `A call could not be recorded (${errorName(error)}).`);
    }
  }

  private invocationOf({ defaults }: Scope, input: RecordInput): Invocation {
    return toInvocation(input, {
      calculator: this.calculator,
      profiles: this.profiles,
      defaults: inherited(this.options, defaults),
    });
  }

  private stamped(
    call: ModelCall,
    input: Readonly<Record<string, unknown>>,
    { agentId = this.options.agentId, incidentId }: CallDefaults,
  ) {
    return withMetadata(input, call, {
      [RECORDED_MARK.name]: this.isLeft(call) ? undefined : RECORDED_MARK.value,
      agentId,
      incidentId,
    });
  }

  /** Whether an ingest records the call. */
  private isLeft({ operation }: ModelCall): boolean {
    return this.options.leftToIngest?.includes(operation) === true;
  }

  private scope(): Scope {
    return this.scopes.getStore() ?? this.outside;
  }

  private entering(scope: Scope): <Result>(step: () => Result) => Result {
    return step => this.scopes.run(scope, step);
  }

  private inner({ run, defaults, claim }: Scope, context: CallDefaults): Scope {
    return { run, defaults: inherited(defaults, context), claim };
  }
}

/** Observed call. */
interface Observed<Result> {
  readonly result: Result;
  /** Returns the record of an instrumented call inside, or that of the call itself. */
  readonly recorded: () => Recorded;
  readonly whenRecorded: Promise<Invocation>;
}

async function loadProfileLookup() {
  const { profileLookup } = await import('../pricing/profile-lookup.aws');
  return profileLookup();
}
