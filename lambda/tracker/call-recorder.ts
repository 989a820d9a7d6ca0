import { AsyncLocalStorage } from 'node:async_hooks';
import { bound, type WorkCall } from './bound-result';
import type { Delivery, Run } from './delivery';
import type { TokenTrackerOptions } from './settings';
import type { TrackedContext } from './tracked-function';
import type { UsageLog } from './usage-log';
import { type CallReader, type KnownCall, ObservedCall, type Recorded } from '../instrument/observed-call';
import type { Invocation, RecordState } from '../invocation/invocation';
import {
  type CallContext,
  type CallDefaults,
  readOrWarn,
  type RecordInput,
  toInvocation,
  UNNAMED_MODEL,
} from '../invocation/record-input';
import { CostCalculator } from '../pricing/cost-calculator';
import { ProfileResolver } from '../pricing/model-id';
import { errorName, warnOnce } from '../process/warn-once';
import { validText } from '../usage/counts';
import { findModelId, type ModelCall } from '../usage/model-calls';

/** Handler run of a model call, and the default values for the call, such as `agentId`. */
export interface Scope {
  readonly run: Run;
  readonly defaults: CallDefaults;
  /** Holder of the latest model call inside the current tracked call. Undefined outside of tracked calls. */
  readonly claim?: Claim;
}

/**
 * Holder of the latest model call inside a tracked call. If `last` is set, the tracked call itself is not
 * recorded, because the same tokens would count twice.
 */
class Claim {
  last: Recorded | undefined;
  /** Latest call inside the tracked call whose response has no tokens, such as ApplyGuardrail. */
  private withoutTokens: Recorded | undefined;

  constructor(private readonly outer: Claim | undefined) {}

  /** @param hasTokens false for a call of an operation whose response has no tokens */
  note(recorded: Recorded, hasTokens: boolean): void {
    if (hasTokens) this.last = recorded;
    else this.withoutTokens = recorded;
    this.outer?.note(recorded, hasTokens);
  }

  /**
   * Returns the recorded call that replaces the tracked call. Undefined if the tracked call is recorded.
   *
   * A call without tokens replaces the tracked call if the tracked call
   * - has no tokens,
   * - names no model or the same model, and
   * - has no error or the same error.
   */
  replacing({ usage, error, modelId }: Partial<RecordInput>): Recorded | undefined {
    if (this.last || usage !== undefined) return this.last;
    const inner = this.withoutTokens?.invocation;
    const isSameModel = modelId === UNNAMED_MODEL || modelId === inner?.modelId;
    const isSameError = error === undefined || errorName(error) === inner?.error;
    return isSameModel && isSameError ? this.withoutTokens : undefined;
  }

  /** True if only calls without tokens were made inside the tracked call. */
  get hasNoTokens(): boolean {
    return this.last === undefined && this.withoutTokens !== undefined;
  }
}

/**
 * Merges the defaults of two levels. A value in `inner`, such as the `agentId` of a tracked function, is used
 * before the value in `outer`.
 */
export function inherited(outer: CallDefaults, inner: CallDefaults): CallDefaults {
  return {
    agentId: inner.agentId ?? outer.agentId,
    incidentId: inner.incidentId ?? outer.incidentId,
    sessionId: inner.sessionId ?? outer.sessionId,
    items: inner.items ?? outer.items,
    timestamp: inner.timestamp ?? outer.timestamp,
  };
}

/** Result of a tracked call, and the invocation that is recorded for it. */
interface ObservedWork<Result> {
  readonly result: Result;
  /**
   * Returns the record of the latest model call inside the tracked call. If no model call was made inside it,
   * returns the record of the tracked call itself.
   */
  readonly recorded: () => Recorded;
  readonly whenRecorded: Promise<Invocation>;
}

/** Model call of a framework, whose events and errors have a format of their own. */
interface FrameworkCall {
  readonly known: KnownCall;
  /** Returns the reader of the events and errors. */
  readonly reader: (observed: ObservedCall) => CallReader;
}

/** Functions that record each model call once, and that keep the scope of each call. */
export type CallRecorder = ReturnType<typeof callRecorder>;

export function callRecorder(options: TokenTrackerOptions, delivery: Delivery, log: UsageLog) {
  const scopes = new AsyncLocalStorage<Scope>();
  const outside: Scope = { run: delivery.outside, defaults: {} };
  const profiles = new ProfileResolver(
    options.inferenceProfiles,
    options.resolveProfiles && options.enabled !== false ? loadProfileLookup : undefined,
    typeof options.resolveProfiles === 'object' ? options.resolveProfiles : undefined,
  );
  const calculator = new CostCalculator(options, profiles);
  /** Request ids of the recorded invocations. A second invocation with the same id is not recorded. */
  const requestIds = new RecentIds();
  /**
   * Invocations that were not recorded, because their request id was already used. If such an invocation is
   * provisional, the answered invocation is not recorded either.
   */
  const repeated = new WeakSet<Invocation>();

  /** Returns the scope of the current asynchronous context. */
  const scope = (): Scope => scopes.getStore() ?? outside;

  /** Returns true if the current code does not run inside a handler. */
  const isOutside = () => scope().run === outside.run;

  /** Returns a function that calls `step` with `entered` as the current scope. */
  const entering =
    (entered: Scope) =>
    <Result>(step: () => Result): Result =>
      scopes.run(entered, step);

  /**
   * Returns a copy of the current scope. Values in `context` take precedence over the defaults of the current
   * scope.
   */
  const inner = (context: CallDefaults): Scope => {
    const { run, defaults, claim } = scope();
    return { run, defaults: inherited(defaults, context), claim };
  };

  /**
   * Creates an invocation and computes its cost. A value such as `agentId` that is missing in `input` comes
   * from the scope. If the scope has none, it comes from the options of the tracker.
   */
  const toPricedInvocation = ({ defaults }: Scope, input: RecordInput): Invocation =>
    toInvocation(input, { calculator, profiles, defaults: inherited(options, defaults) });

  /**
   * Returns true if the option `leftToIngest` contains the operation of a call. The tracker does not record
   * the call, because an ingest records it from the log.
   */
  const isLeftToIngest = ({ operation }: ModelCall) => options.leftToIngest?.includes(operation) === true;

  /**
   * Counts a call of AgentCore whose response has no tokens, because AgentCore does not bill it by call.
   * Returns false for all other calls.
   */
  const countAgentCore = ({ service, reads }: ModelCall): boolean => {
    if (service !== 'agentcore' || reads) return false;
    scope().run.countAgentCore();
    return true;
  };

  const deliver = (from: Scope, invocation: Invocation, state: RecordState) => {
    try {
      delivery.take(invocation, from.run, state);
      log.call(invocation);
    } catch (error) {
      warnOnce('record', `A call could not be recorded (${errorName(error)}).`);
    }
  };

  const record = (from: Scope, input: RecordInput, { provisional, replaces }: RecordState = {}) => {
    // If the call has a provisional trace, the answered trace gets the same key and replaces it. The key
    // contains the request id and the timestamp.
    const keyed = replaces
      ? { ...input, requestId: replaces.requestId, timestamp: replaces.timestamp }
      : input;
    const invocation = toPricedInvocation(from, keyed);
    if (options.enabled === false) return invocation;
    const requestId = validText(input.requestId);
    const isRepeated = requestId !== undefined && !requestIds.add(requestId);
    if (replaces ? repeated.has(replaces) : isRepeated) {
      repeated.add(invocation);
      return invocation;
    }
    const isCounted = replaces !== undefined && !from.run.provisional.delete(replaces);
    const state: RecordState = { provisional, replaces, isCounted };
    const lookedUp = profiles.prefetch(invocation.modelId);
    if (lookedUp && !provisional && from.run.phase !== 'last') {
      // The values are copied before the look-up, because the caller may change `input` during the look-up.
      const { requestId: id, timestamp, usage, units } = invocation;
      const recordNow = () =>
        deliver(from, toPricedInvocation(from, { ...keyed, usage, units, requestId: id, timestamp }), state);
      delivery.hold({ lookedUp, invocation, record: recordNow, isCounted }, from.run);
    } else {
      deliver(from, invocation, state);
    }
    return invocation;
  };

  const newCall = (
    from: Scope,
    context: CallContext,
    known?: KnownCall,
    recordCall = (input: RecordInput, state?: RecordState) => record(from, input, state),
  ): ObservedCall => {
    const observed: ObservedCall = new ObservedCall(
      context,
      {
        record: recordCall,
        ended: () => delivery.forget(observed, from.run),
        withdrawn: provisional => delivery.withdraw(provisional, from.run),
      },
      known,
    );
    return observed;
  };

  /** Starts to observe a model call of an instrumented client, such as a Bedrock client. */
  const begin = (known: KnownCall, clientOptions: CallDefaults): ObservedCall => {
    const { call, input } = known;
    const from = scope();
    const modelId = readOrWarn(() => findModelId(call, input), 'modelId') ?? UNNAMED_MODEL;
    const ownSession = readOrWarn(() => validText(input.sessionId), 'sessionId');
    const { sessionId = ownSession, ...others } = inherited(clientOptions, from.defaults);
    const isLeft = isLeftToIngest(call);
    void profiles.prefetch(modelId);
    const observed = newCall(
      from,
      { ...others, sessionId, modelId },
      known,
      isLeft ? unrecorded => toPricedInvocation(from, unrecorded) : undefined,
    );
    if (!isLeft) delivery.observe(observed, from.run);
    from.claim?.note(observed, call.reads !== undefined);
    return observed;
  };

  /**
   * Runs `call` as a tracked call, and records it after its end. If a model call inside `call` was recorded,
   * the tracked call is not recorded, because the same tokens would count twice.
   *
   * @param framework framework that makes the call. Default: `call` returns a response of Bedrock
   */
  const observe = <Result>(
    context: TrackedContext,
    call: () => Result,
    framework?: FrameworkCall,
  ): ObservedWork<Result> => {
    const from = scope();
    const claim = new Claim(from.claim);
    const recorded = () => claim.last ?? observed;
    const isLeft = framework !== undefined && isLeftToIngest(framework.known.call);
    const observed: ObservedCall = newCall(
      from,
      { ...context, modelId: context.modelId ?? UNNAMED_MODEL },
      framework?.known,
      // If another call replaces the tracked call, only returns an invocation, because a record would count
      // the same tokens twice. An instrumented client can set `claim.last` late, while a stream is read.
      (input, state) => {
        const other = claim.replacing(input);
        if (!other) return isLeft ? toPricedInvocation(from, input) : record(from, input, state);
        if (state?.replaces) delivery.withdraw(state.replaces, from.run);
        return other.invocation ?? toPricedInvocation(from, input);
      },
    );
    const open = (isOpen: boolean) => {
      if (!isOpen) delivery.forget(observed, from.run);
      else if (!isSettled) delivery.observe(observed, from.run);
    };
    let resolveRecorded: (invocation: Promise<Invocation>) => void;
    const whenRecorded = new Promise<Invocation>(resolve => (resolveRecorded = resolve));
    let isSettled = false;
    const reader = framework?.reader(observed) ?? observed;
    void profiles.prefetch(context.modelId);
    const settle = (end: () => void) => {
      isSettled = true;
      if (claim.last) {
        observed.drop();
      } else {
        end();
        // Reads the response now, to know if only calls without tokens were made.
        const invocation = claim.hasNoTokens ? observed.invocation : undefined;
        if (!observed.isDropped) {
          from.claim?.note(observed, invocation === undefined || invocation.usage !== undefined);
        }
      }
      resolveRecorded(recorded().recorded());
    };
    const followed: WorkCall = {
      open,
      answered: response => settle(() => reader.answered(response)),
      failed: error => settle(() => reader.failed(error)),
      streams: stream => reader.streams(stream),
      event: event => reader.event(event),
      ended: end => settle(() => reader.endStream(end)),
    };
    const enter = entering({ ...inner(context), claim });
    open(true);
    let result: Result;
    try {
      result = enter(call);
    } catch (error) {
      followed.failed(error);
      throw error;
    }
    return { result: bound(result, { enter, call: followed }), recorded, whenRecorded };
  };

  /** Records a call that was not made by an instrumented client. Uses the defaults of the current scope. */
  const note = (input: RecordInput): Invocation => {
    const from = scope();
    const invocation = record(from, input);
    from.claim?.note({ invocation, recorded: () => Promise.resolve(invocation) }, true);
    return invocation;
  };

  return {
    scope,
    isOutside,
    entering,
    inner,
    toPricedInvocation,
    isLeftToIngest,
    countAgentCore,
    begin,
    observe,
    note,
  };
}

/**
 * Maximum number of ids in `recent`. If `recent` is full, it replaces `older`, so that the oldest ids are
 * forgotten.
 */
const REMEMBERED_IDS = 10_000;

/** Set of the latest request ids, to detect repeated ids. */
class RecentIds {
  private recent = new Set<string>();
  private older = new Set<string>();

  /** Adds an id. Returns false if the id is one of the remembered ids. */
  add(id: string): boolean {
    if (this.recent.has(id) || this.older.has(id)) return false;
    this.recent.add(id);
    if (this.recent.size >= REMEMBERED_IDS) {
      this.older = this.recent;
      this.recent = new Set();
    }
    return true;
  }
}

async function loadProfileLookup() {
  const { profileLookup } = await import('../pricing/profile-lookup.aws');
  return profileLookup();
}
