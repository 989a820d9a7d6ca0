import type { StreamTap } from '../instrument/stream-tap';
import { tapStream } from '../instrument/stream-tap';
import { ignoringErrors, isPlainPromise, isPromise, whenSettled } from '../process/promises';
import { asObject } from '../usage/counts';

/** Callbacks for a function and its result. For example, they observe a returned stream until its end. */
export interface Work {
  /**
   * Calls `step` in the asynchronous context of the function. `step` is the next step of a returned
   * generator, for example.
   */
  readonly enter: <Result>(step: () => Result) => Result;
  /** Callbacks for a model call. Undefined if the function is not a model call. */
  readonly call?: WorkCall;
}

/** Callbacks that record a model call. They never throw. */
export interface WorkCall {
  /**
   * Called with true when the call begins. Called with false if the call begins later, for example with the
   * first step of a generator.
   */
  readonly open: (isOpen: boolean) => void;
  readonly answered: (response: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Called before the first event of a generator or stream. `stream` is the generator or stream. */
  readonly streams: (stream: unknown) => void;
  readonly event: (event: unknown) => void;
  /**
   * Called when a stream ends, fails, or is not read to its end. If a generator returns a value, `answered`
   * is called instead.
   */
  readonly ended: (end: { readonly whole: boolean; readonly error?: unknown }) => void;
}

/** Members of an AWS SDK response that contain a stream in some operations. */
const STREAMS = ['stream', 'body', 'completion'] as const;

/**
 * Keeps the asynchronous context of a function while its result is used. Each step of a returned generator,
 * stream or lazy thenable runs in this context. If the result is a promise, this applies to its value.
 *
 * Returns `result` itself, with one exception. If `result` is a native promise and `work.call` is undefined,
 * returns a new promise. Node.js then reports an unhandled rejection.
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
 * Makes each step of a generator or stream run in the context of the function. Returns true if the end of the
 * stream is reported to `call`. Returns false if `result` itself is the answer.
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
  // If a stream has `getReader` or `pipe`, a tap could miss its end. `result` is then the answer of the call.
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
 * Returns a tap that reports the start, the events and the end of a stream to `call`. If a generator never
 * starts, its call is not recorded.
 */
function callTap(stream: object, { enter, call, isGenerator }: FollowedCall): StreamTap {
  let hasStarted = false;
  // A `WeakRef` lets the stream be garbage-collected. The tap then reports that the stream was not read to
  // its end.
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
