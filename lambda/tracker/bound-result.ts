import type { StreamTap } from '../instrument/stream-tap';
import { tapStream } from '../instrument/stream-tap';
import { ignoringErrors, isPlainPromise, isPromise, whenSettled } from '../process/promises';
import { asObject } from '../usage/counts';

/**
 * Callbacks that follow a function until its result has been used, e.g. until a returned stream has ended.
 */
export interface Work {
  /**
   * Calls `step`, such as the next step of a returned generator, in the same asynchronous context as the
   * function.
   */
  readonly enter: <Result>(step: () => Result) => Result;
  /** Callbacks for a model call. Undefined if the function is not a model call. */
  readonly call?: WorkCall;
}

/** Callbacks that record a model call. They never throw. */
export interface WorkCall {
  /**
   * Called with false if the call has not begun, because e.g. a generator begins only when its first value is
   * read. Called with true when the call begins.
   */
  readonly open: (isOpen: boolean) => void;
  readonly answered: (response: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Called with the result if it is a generator or a stream, before the first event. */
  readonly streams: (stream: unknown) => void;
  readonly event: (event: unknown) => void;
  /**
   * Called when a stream ends or fails, or when its reader stops early. If a generator ends with a return
   * value, `answered` is called with this value instead.
   */
  readonly ended: (end: { readonly whole: boolean; readonly error?: unknown }) => void;
}

/** Members of an AWS SDK response that contain a stream in some operations. */
const STREAMS = ['stream', 'body', 'completion'] as const;

/**
 * Keeps the asynchronous context of a function while its result is used. For example, each step of a returned
 * generator, stream or lazy thenable then runs in this context. If the result is a promise, the same applies
 * to its value.
 *
 * Returns `result` itself. Only for a promise without `work.call`, returns the new promise of
 * `result.then(…)`, so that Node.js still reports an unhandled rejection.
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
 * Makes each step of a generator or stream run in the context of the function. Returns true if `call` ends
 * with the last step. Returns false if `result` itself is the answer, e.g. an object with a stream in `body`.
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
  // A stream with `getReader` or `pipe` can be read without its iterator, so a tap could miss the end of the
  // stream. The call then counts as answered now.
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
 * Returns a tap that passes the start, the events and the end of a stream to `call`. If the stream is a
 * generator that never starts, the tap reports no call.
 */
function callTap(stream: object, { enter, call, isGenerator }: FollowedCall): StreamTap {
  let hasStarted = false;
  // A `WeakRef`, because the tap also reports a stream that is garbage-collected. A strong reference would
  // prevent this.
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
