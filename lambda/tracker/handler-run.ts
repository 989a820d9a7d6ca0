import type { CallRecorder } from './call-recorder';
import type { Delivery, Run } from './delivery';
import type { UsageLog } from './usage-log';
import type { AnyFunction } from './wrapped-function';
import { ignoringErrors, isPromise } from '../process/promises';
import { shared } from '../process/shared-state';

/** Error name of an unanswered call if the Lambda function times out. */
const FUNCTION_TIMEOUT = 'FunctionTimeout';
/** Milliseconds before the timeout of the Lambda function at which the last flush must have ended. */
const RESERVED_MS = 200;

/**
 * Milliseconds before the timeout of the Lambda function at which {@link beforeTimeout} runs each of its
 * actions.
 */
const BEFORE_TIMEOUT_MS = { send: 500, print: 100, end: 25 };

/**
 * Plugin that `withDurableExecution` of the AWS SDK for durable functions accepts, from version 2.0 on. It is
 * a part of the SDK's interface `DurableInstrumentationPlugin`.
 */
export interface DurablePlugin {
  /**
   * Runs the handler once with `invoke`, and delivers metrics and traces. The SDK waits for the promise, even
   * if the handler is suspended.
   */
  wrapInvocation<Answer>(info: unknown, invoke: () => Promise<Answer>): Promise<Answer>;
}

/** Arguments of {@link handlerRuns}. */
interface HandlerRunTools {
  readonly recorder: CallRecorder;
  readonly delivery: Delivery;
  readonly log: UsageLog;
  /** True if calls are recorded. */
  readonly enabled: boolean;
  /** Time limit of the flush at the end of a handler, in milliseconds. */
  readonly flushTimeoutMs: number;
}

/** Function that calls `handle` in a new run. `self` is the value of `this`. */
export type CallHandler = (
  handle: (...args: never[]) => unknown,
  self: unknown,
  args: readonly unknown[],
) => unknown;

/**
 * Returns a function that calls a Lambda handler in a new run. All metrics and traces of the run are
 * delivered before Lambda gets the answer of the handler, or shortly before the function times out.
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
        // In the phase `last`, each trace is written to the log as soon as it is recorded.
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
    // Records a provisional invocation for each stream that has not ended, because the handler will probably
    // not read it any further.
    run.abandon(FUNCTION_TIMEOUT, call => call.isStream);
    // `ignoringErrors`, because an error while the summary is logged must not reach the caller of the
    // handler.
    ignoringErrors(() => enabled && log.run(run.summary));
    await delivery.finish(run, flushTime(args));
  };

  return (handle, self, args) => {
    const handleEvent = (...given: unknown[]): unknown => Reflect.apply(handle, self, given);
    const durable = isDurable(args);
    // If a durable handler is called inside a run, it uses this run. This run also ends if the durable
    // function is suspended.
    if (durable && !recorder.isOutside()) {
      const { run } = recorder.scope();
      run.callOff ??= watchTimeout(run, args);
      return handleEvent(...args);
    }
    // The run of a durable handler may never end. Its metrics and traces are therefore sent before its end.
    const run = delivery.begin({ waitsForEnd: !durable });
    const enter = recorder.entering({ run, defaults: {} });
    return enter(() => {
      run.callOff = watchTimeout(run, args);
      return calledWithEnd(handleEvent, args, {
        flush: () => delivery.flushRun(run, flushTime(args)),
        end: () => {
          run.callOff?.();
          // The handler can call the callback outside of its scope, so `enter` sets the scope.
          return enter(() => finish(run, args));
        },
      });
    });
  };
}

/** Functions that deliver the metrics and traces of a handler. */
interface HandlerEnd {
  /**
   * Sends the metrics and traces so far. Called if the handler has returned without a promise and has not
   * called its callback yet.
   */
  readonly flush: () => Promise<void>;
  /**
   * Ends the run of the handler, and delivers all its metrics and traces. Lambda gets the answer of the
   * handler only afterwards.
   */
  readonly end: () => Promise<void>;
}

/**
 * Calls a handler, and gives its answer to Lambda after `end`. A handler answers with a promise or with a
 * callback.
 *
 * If Lambda passes a callback as the third argument (Node.js 22 and earlier), the handler always gets a
 * callback. The handler's number of parameters does not show if it uses the callback.
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
  // If the handler has not answered yet, it can call the callback later. If it never calls the callback,
  // Lambda answers with null. `unanswered` then runs `endOnce`.
  if (!ended) {
    unanswered().add(endOnce);
    void flush();
  }
  return result;
}

/**
 * Returns the set of `endOnce` functions of unanswered handlers. They are called on the event `beforeExit`.
 * The event loop is then empty, and Lambda answers with null.
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

/** Members of Lambda's context object. In a durable function, `lambdaContext` contains this object. */
interface FunctionContext {
  readonly getRemainingTimeInMillis?: () => number;
  readonly lambdaContext?: FunctionContext;
}

/**
 * Reads the remaining time of the function, in milliseconds, from the handler's arguments. Returns undefined
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
 * Starts a timer for each action. The actions run before the timeout of the Lambda function, because Lambda
 * ends a function without notice:
 * - `send` runs while there is enough time to send metrics and traces.
 * - `print` runs while there is only enough time to print metrics and traces.
 * - `end` runs last. It handles calls that are still unanswered.
 *
 * @returns a function that cancels the actions. Undefined if the remaining time is unknown
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
 * Returns true if one of the arguments is a `DurableContext`, which means that the handler is a durable
 * function. If such a handler is suspended, its promise never settles.
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
