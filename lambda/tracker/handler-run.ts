import type { CallRecorder } from './call-recorder';
import type { Delivery, Run } from './delivery';
import type { UsageLog } from './usage-log';
import type { AnyFunction } from './wrapped-function';
import { ignoringErrors, isPromise } from '../process/promises';
import { shared } from '../process/shared-state';

/** Error of calls that are open when the function times out. */
const FUNCTION_TIMEOUT = 'FunctionTimeout';
/** Time kept for the function's own end after the flush, in milliseconds. */
const RESERVED_MS = 200;

/** Milliseconds before the function's timeout at which undelivered metrics and traces are sent or printed. */
const BEFORE_TIMEOUT_MS = { send: 500, print: 100, end: 25 };

/**
 * Plugin of AWS's SDK for durable functions, version 2.0 and later, for `withDurableExecution`. It has only
 * the part of `DurableInstrumentationPlugin` that the tracker needs.
 */
export interface DurablePlugin {
  /** Runs an invocation. The SDK awaits the result, also if the invocation suspends. */
  wrapInvocation<Answer>(info: unknown, invoke: () => Promise<Answer>): Promise<Answer>;
}

/** Parts of a tracker that handler runs need, and their settings. */
interface HandlerRunTools {
  readonly recorder: CallRecorder;
  readonly delivery: Delivery;
  readonly log: UsageLog;
  /** False if nothing is recorded. */
  readonly enabled: boolean;
  /** Time limit of the flush at the end of a handler, in milliseconds. */
  readonly flushTimeoutMs: number;
}

/** Calls a handler in a new run. `self` is the value of `this` in the handler. */
export type CallHandler = (
  handle: (...args: never[]) => unknown,
  self: unknown,
  args: readonly unknown[],
) => unknown;

/**
 * Returns a function that calls handlers. Metrics and traces of each run are delivered before its answer, or
 * before the function times out.
 */
export function handlerRuns({
  recorder,
  delivery,
  log,
  enabled,
  flushTimeoutMs,
}: HandlerRunTools): CallHandler {
  const flushTime = (args: readonly unknown[]) =>
    Math.min(flushTimeoutMs, Math.max(0, (remainingTime(args) ?? Infinity) - RESERVED_MS));

  const watchTimeout = (run: Run, args: readonly unknown[]) =>
    beforeTimeout(remainingTime(args), {
      send: () => {
        run.phase = 'late';
        void delivery.flushRun(run, flushTime(args));
      },
      print: () => {
        run.abandon(FUNCTION_TIMEOUT);
        // From now on, each record is printed at once.
        run.phase = 'last';
        delivery.spillRun(run);
      },
      end: () => {
        run.abandon(FUNCTION_TIMEOUT);
        run.countProvisional();
        delivery.spillRun(run);
      },
    });

  const finish = async (run: Run, args: readonly unknown[]) => {
    run.finishReadings();
    // A stream that the handler has not read to its end is unlikely to be read later.
    run.abandon(FUNCTION_TIMEOUT, call => call.isStream);
    // A log that cannot be written must not reach the caller.
    ignoringErrors(() => enabled && log.run(run.summary));
    await delivery.finish(run, flushTime(args));
  };

  return (handle, self, args) => {
    const handleEvent = (...given: unknown[]): unknown => Reflect.apply(handle, self, given);
    const durable = isDurable(args);
    // A tracked function around the SDK also sees the end of a suspended invocation, so it keeps the run.
    if (durable && !recorder.isOutside()) {
      const { run } = recorder.scope();
      run.callOff ??= watchTimeout(run, args);
      return handleEvent(...args);
    }
    // A durable run may never end, so its records do not wait for the end.
    const run = delivery.begin({ waitsForEnd: !durable });
    const enter = recorder.entering({ run, defaults: {} });
    return enter(() => {
      run.callOff = watchTimeout(run, args);
      return calledWithEnd(handleEvent, args, {
        flush: () => delivery.flushRun(run, flushTime(args)),
        end: () => {
          run.callOff?.();
          // The callback can be called from any context.
          return enter(() => finish(run, args));
        },
      });
    });
  };
}

/** Actions at the end of a handler. */
interface HandlerEnd {
  /** Sends metrics and traces while the handler may still be working. */
  readonly flush: () => Promise<void>;
  /** Ends the run. The answer waits for it. */
  readonly end: () => Promise<void>;
}

/**
 * Calls a handler and runs an action at its end, before its promise settles or before it calls back. The
 * answer waits for the action and stays the same.
 *
 * On Node.js 22 and earlier, the third argument is a callback. The number of parameters does not show if the
 * handler uses it, because rest parameters and those with a default do not count.
 */
function calledWithEnd(handle: AnyFunction, args: readonly unknown[], { flush, end }: HandlerEnd): unknown {
  const [event, context, callback, ...others] = args;
  if (typeof callback !== 'function') return settled(() => handle(...args), end);
  let ended: Promise<void> | undefined;
  const endOnce = () => {
    unanswered().delete(endOnce);
    return (ended ??= end());
  };
  const callBack = (...answer: unknown[]) => void endOnce().then(() => (callback as AnyFunction)(...answer));
  let result: unknown;
  try {
    result = handle(event, context, callBack, ...others);
  } catch (error) {
    return settled(() => Promise.reject(error), endOnce);
  }
  if (isPromise(result)) return settled(() => result, endOnce);
  // Lambda ignores a result that is not a promise. It answers with the callback's value, or with null when
  // the event loop is empty.
  if (!ended) {
    unanswered().add(endOnce);
    void flush();
  }
  return result;
}

/**
 * Returns the ends of handlers that have returned no promise and have not called back. When the event loop is
 * empty, Lambda answers for them, and they end.
 */
const unanswered = () =>
  shared('unanswered', () => {
    const ends = new Set<() => unknown>();
    process.on('beforeExit', () => ends.forEach(end => end()));
    return ends;
  });

async function settled(call: () => unknown, end: () => Promise<void>): Promise<unknown> {
  try {
    return await call();
  } finally {
    await end();
  }
}

/** Members that are read from Lambda's context, or from a `DurableContext`, which contains Lambda's. */
interface FunctionContext {
  readonly getRemainingTimeInMillis?: () => number;
  readonly lambdaContext?: FunctionContext;
}

/**
 * Returns the remaining time of the function in milliseconds, read from the handler's arguments; undefined
 * outside of Lambda.
 */
function remainingTime(handlerArguments: readonly unknown[]): number | undefined {
  try {
    const context = handlerArguments.map(functionContextOf).find(found => found !== undefined);
    const remaining = context?.getRemainingTimeInMillis?.();
    return typeof remaining === 'number' && Number.isFinite(remaining) ? remaining : undefined;
  } catch {
    return undefined;
  }
}

function functionContextOf(argument: unknown): FunctionContext | undefined {
  const context = argument as FunctionContext | null | undefined;
  return [context, context?.lambdaContext].find(
    found => typeof found?.getRemainingTimeInMillis === 'function',
  ) as FunctionContext | undefined;
}

/**
 * Runs an action at each of {@link BEFORE_TIMEOUT_MS}, because Lambda ends a function without notice. `send`
 * has time to send, `print` only to print; `end` handles calls that waited for an answer until then.
 *
 * @returns a function that cancels the actions; undefined if the remaining time is unknown
 */
function beforeTimeout(
  remainingMs: number | undefined,
  actions: Readonly<Record<keyof typeof BEFORE_TIMEOUT_MS, () => void>>,
): (() => void) | undefined {
  if (remainingMs === undefined) return undefined;
  const names = Object.keys(BEFORE_TIMEOUT_MS) as (keyof typeof BEFORE_TIMEOUT_MS)[];
  const running = names
    .filter(name => remainingMs > BEFORE_TIMEOUT_MS[name])
    .map(name => setTimeout(actions[name], remainingMs - BEFORE_TIMEOUT_MS[name]).unref());
  return () => running.forEach(timer => clearTimeout(timer));
}

/**
 * Returns true if a handler runs inside a durable function: one of its arguments is a `DurableContext`. The
 * promise of such a handler never settles if the invocation suspends.
 */
function isDurable(handlerArguments: readonly unknown[]): boolean {
  try {
    return handlerArguments.some(argument => {
      const { lambdaContext, step } = (argument ?? {}) as { lambdaContext?: unknown; step?: unknown };
      return typeof lambdaContext === 'object' && lambdaContext !== null && typeof step === 'function';
    });
  } catch {
    return false;
  }
}
