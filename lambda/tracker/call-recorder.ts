import { AsyncLocalStorage } from 'node:async_hooks';
import { bound, type WorkCall } from './bound-result';
import type { Delivery, Run } from './delivery';
import type { TokenTrackerOptions } from './settings';
import type { TrackedContext } from './tracked-function';
import type { UsageLog } from './usage-log';
import { type KnownCall, ObservedCall, type Recorded } from '../instrument/observed-call';
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
import { ProfileResolver } from '../pricing/inference-profiles';
import { errorName, warnOnce } from '../process/warn-once';
import { validText } from '../usage/counts';
import type { ModelCall } from '../usage/model-calls';

/** Context in which a call is made. */
export interface Scope {
  readonly run: Run;
  readonly defaults: CallDefaults;
  /** Tracked call around this one. */
  readonly claim?: Claim;
}

/** Remembers the last invocation recorded inside a tracked call, so that no call is counted twice. */
class Claim {
  last: Recorded | undefined;

  constructor(private readonly outer: Claim | undefined) {}

  note(recorded: Recorded): void {
    this.last = recorded;
    this.outer?.note(recorded);
  }
}

/** Returns the inner defaults. Undefined members are inherited from the outer ones. */
export function inherited(outer: CallDefaults, inner: CallDefaults): CallDefaults {
  return {
    agentId: inner.agentId ?? outer.agentId,
    incidentId: inner.incidentId ?? outer.incidentId,
    sessionId: inner.sessionId ?? outer.sessionId,
    items: inner.items ?? outer.items,
    timestamp: inner.timestamp ?? outer.timestamp,
  };
}

/** Call that is observed in its own scope. */
interface ObservedWork<Result> {
  readonly result: Result;
  /** Returns the record of the last instrumented call inside, or that of the call itself. */
  readonly recorded: () => Recorded;
  readonly whenRecorded: Promise<Invocation>;
}

/** Records model calls in the scope in which they are made, each call once. */
export class CallRecorder {
  private readonly scopes = new AsyncLocalStorage<Scope>();
  private readonly outside: Scope;
  private readonly profiles: ProfileResolver;
  private readonly calculator: CostCalculator;
  /** Request ids of recorded invocations. A repeated id is the same invocation. */
  private readonly requestIds = new RecentIds();
  /** Invocations that were not recorded, because their request id was. */
  private readonly repeated = new WeakSet<Invocation>();

  constructor(
    private readonly options: TokenTrackerOptions,
    private readonly delivery: Delivery,
    private readonly log: UsageLog,
  ) {
    this.outside = { run: delivery.outside, defaults: {} };
    this.profiles = new ProfileResolver(
      options.inferenceProfiles,
      options.resolveProfiles && options.enabled !== false ? loadProfileLookup : undefined,
      typeof options.resolveProfiles === 'object' ? options.resolveProfiles : undefined,
    );
    this.calculator = new CostCalculator(options, this.profiles);
  }

  /** Returns the scope of the current asynchronous context. */
  scope(): Scope {
    return this.scopes.getStore() ?? this.outside;
  }

  /** Returns true if the current asynchronous context belongs to no handler run. */
  isOutside(): boolean {
    return this.scope().run === this.outside.run;
  }

  /** Returns a function that runs a step in a scope. */
  entering(scope: Scope): <Result>(step: () => Result) => Result {
    return step => this.scopes.run(scope, step);
  }

  /** Returns the current scope with other defaults. */
  inner(context: CallDefaults): Scope {
    const { run, defaults, claim } = this.scope();
    return { run, defaults: inherited(defaults, context), claim };
  }

  /** Starts to observe the call of an instrumented client. */
  begin({ call, input, region }: KnownCall, options: CallDefaults): ObservedCall {
    const scope = this.scope();
    const read = (name: string | undefined) => validText(name && readOrWarn(() => input[name], name));
    const modelId = read(call.model) ?? UNNAMED_MODEL;
    const { sessionId = read('sessionId'), ...others } = inherited(options, scope.defaults);
    const isLeft = this.isLeftToIngest(call);
    void this.profiles.prefetch(modelId);
    const observed = this.newCall(
      scope,
      { ...others, sessionId, modelId },
      { call, input, region },
      isLeft ? record => this.toInvocation(scope, record) : undefined,
    );
    if (!isLeft) this.delivery.observe(observed, scope.run);
    scope.claim?.note(observed);
    return observed;
  }

  /** Makes a call, and records it if no call inside it is recorded. */
  observe<Result>(context: TrackedContext, call: () => Result): ObservedWork<Result> {
    const scope = this.scope();
    const claim = new Claim(scope.claim);
    const recorded = () => claim.last ?? observed;
    const observed: ObservedCall = this.newCall(
      scope,
      { ...context, modelId: context.modelId ?? UNNAMED_MODEL },
      undefined,
      // Code that reads the stream can make the instrumented call that is recorded.
      (record, state) =>
        claim.last
          ? (claim.last.invocation ?? this.toInvocation(scope, record))
          : this.record(scope, record, state),
    );
    const open = (isOpen: boolean) => {
      if (!isOpen) this.delivery.forget(observed, scope.run);
      else if (!isSettled) this.delivery.observe(observed, scope.run);
    };
    let resolveRecorded: (record: Promise<Invocation>) => void;
    const whenRecorded = new Promise<Invocation>(resolve => (resolveRecorded = resolve));
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
      resolveRecorded(recorded().recorded());
    };
    const followed: WorkCall = {
      open,
      answered: response => settle(() => observed.answered(response)),
      failed: error => settle(() => observed.failed(error)),
      streams: stream => observed.streams(stream),
      event: event => observed.event(event),
      ended: end => settle(() => observed.endStream(end)),
    };
    const enter = this.entering({ ...this.inner(context), claim });
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

  /** Records a call that was made by other means, in the current scope. */
  note(input: RecordInput): Invocation {
    const scope = this.scope();
    const invocation = this.record(scope, input);
    scope.claim?.note({ invocation, recorded: () => Promise.resolve(invocation) });
    return invocation;
  }

  /** Makes an invocation with its cost. Missing members get the defaults of the scope or of the tracker. */
  toInvocation({ defaults }: Scope, input: RecordInput): Invocation {
    return toInvocation(input, {
      calculator: this.calculator,
      profiles: this.profiles,
      defaults: inherited(this.options, defaults),
    });
  }

  /** Returns true if an ingest records the calls of an operation. */
  isLeftToIngest({ operation }: ModelCall): boolean {
    return this.options.leftToIngest?.includes(operation) === true;
  }

  private newCall(
    scope: Scope,
    context: CallContext,
    known?: KnownCall,
    record = (input: RecordInput, state: RecordState = {}) => this.record(scope, input, state),
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

  private record(scope: Scope, input: RecordInput, { provisional, replaces }: RecordState = {}): Invocation {
    // A replacement has the key of the provisional trace.
    const keyed = replaces
      ? { ...input, requestId: replaces.requestId, timestamp: replaces.timestamp }
      : input;
    const invocation = this.toInvocation(scope, keyed);
    if (this.options.enabled === false) return invocation;
    const requestId = validText(input.requestId);
    const isRepeated = requestId !== undefined && !this.requestIds.add(requestId);
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
        this.deliver(scope, this.toInvocation(scope, { ...keyed, usage, requestId: id, timestamp }), state);
      this.delivery.hold({ lookedUp, invocation, record, isCounted }, scope.run);
    } else {
      this.deliver(scope, invocation, state);
    }
    return invocation;
  }

  private deliver(scope: Scope, invocation: Invocation, state: RecordState): void {
    try {
      this.delivery.take(invocation, scope.run, state);
      this.log.call(invocation);
    } catch (error) {
      warnOnce('record', `A call could not be recorded (${errorName(error)}).`);
    }
  }
}

/** Minimum number of remembered ids. At most, twice as many are remembered. */
const REMEMBERED_IDS = 10_000;

/** Remembers the last ids, so that a repeated id is counted once. */
class RecentIds {
  private recent = new Set<string>();
  private older = new Set<string>();

  /** Adds an id. @returns false if it is one of the last 10,000 */
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
