import type { StreamTap } from '../instrument/stream-tap';
import { tapStream } from '../instrument/stream-tap';
import { ignoringErrors, isPlainPromise, isPromise, whenSettled } from '../process/promises';
import { asObject } from '../usage/counts';

/** Work of a function. The work can go on after the function has returned. */
export interface Work {
  /** Runs a step of the work in the work's scope. */
  readonly enter: <Result>(step: () => Result) => Result;
  /** Observer of the model call. Undefined if the work is not a model call. */
  readonly call?: WorkCall;
}

/** Observer of a model call. Its functions never throw. */
export interface WorkCall {
  /**
   * Called with false if the work does not start until its result is used. Called with true when the work
   * starts.
   */
  readonly open: (isOpen: boolean) => void;
  readonly answered: (response: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Called with the result if it is a generator or a stream, before the first event. */
  readonly streams: (stream: unknown) => void;
  readonly event: (event: unknown) => void;
  /**
   * Called when a stream ends or fails, or when its consumer stops early. If the stream is a generator with a
   * return value, `answered` is called with the return value instead.
   */
  readonly ended: (end: { readonly whole: boolean; readonly error?: unknown }) => void;
}

/** Members of SDK responses that can be a stream. */
const STREAMS = ['stream', 'body', 'completion'] as const;

/**
 * Binds the result of a function to the scope of `work`. If the result is a generator, an async iterable or a
 * lazy thenable, its steps then run in this scope. If the result is a promise, its value is bound in the same
 * way.
 *
 * Returns the same result, with one exception. If `result` is a promise and `work.call` is undefined, returns
 * the new promise of `result.then(…)`. Node.js then still reports an unhandled rejection.
 */
export function bound<Result>(result: Result, work: Work): Result {
  if (!work.call && isPlainPromise(result)) {
    return result.then(value => bound(value, work)) as Result;
  }
  if (isPromise(result)) {
    const isLazy = !isPlainPromise(result);
    if (isLazy) work.call?.open(false);
    whenSettled(
      result,
      { fulfilled: value => void bound(value, work), rejected: work.call?.failed },
      { enter: work.enter, starts: () => work.call?.open(true) },
    );
    return result;
  }
  const isFollowed = ignoringErrors(() => bindSteps(result, work)) ?? false;
  if (!isFollowed) work.call?.answered(result);
  return result;
}

/**
 * Runs the steps of a generator or a stream in the scope of the work. The stream can be the result or one of
 * its members. Returns true if the call ends with the last step of the result. Returns false if the result
 * itself is the answer of the call.
 */
function bindSteps(result: unknown, { enter, call }: Work): boolean {
  const members = asObject(result);
  if (!members) return false;
  const isGenerator =
    isFunction(members.next) && (isAsync(members) || isFunction(members[Symbol.iterator as never]));
  if (!isGenerator && !isAsync(members)) {
    for (const name of STREAMS) {
      const stream: unknown = Object.getOwnPropertyDescriptor(members, name)?.value;
      if (isAsync(asObject(stream))) tapStream(stream as AsyncIterable<unknown>, { enter });
    }
    return false;
  }
  const stream = members as unknown as AsyncIterable<unknown>;
  // A consumer can also read this stream with `getReader` or `pipe`. The tap would then not notice the end of
  // the stream.
  if (!call || isFunction(members.getReader) || isFunction(members.pipe)) {
    tapStream(stream, { enter });
    return false;
  }
  return tapStream(stream, callTap(stream, { enter, call, isGenerator }));
}

interface FollowedCall {
  readonly enter: Work['enter'];
  readonly call: WorkCall;
  readonly isGenerator: boolean;
}

/**
 * Returns a tap that observes a call until its generator or stream ends. A generator that never starts is not
 * a call.
 */
function callTap(stream: object, { enter, call, isGenerator }: FollowedCall): StreamTap {
  let hasStarted = false;
  // The tap is called when the stream is garbage-collected, so the tap must not keep the stream in memory.
  const reference = new WeakRef(stream);
  const onStart = () => {
    if (!hasStarted) {
      call.open(true);
      call.streams(reference.deref());
    }
    hasStarted = true;
  };
  if (isGenerator) call.open(false);
  else onStart();
  return {
    enter,
    onStart,
    onEvent: call.event,
    onEnd: ({ isWhole, error, value }) =>
      isWhole && value !== undefined ? call.answered(value) : call.ended({ whole: isWhole, error }),
    onLeft: () => {
      if (hasStarted) call.ended({ whole: false });
    },
  };
}

function isAsync(members: object | undefined): boolean {
  return isFunction((members as Partial<AsyncIterable<unknown>> | undefined)?.[Symbol.asyncIterator]);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
