import type { StreamTap } from '../instrument/stream-tap';
import { tapStream } from '../instrument/stream-tap';
import { ignoringErrors, isPlainPromise, isPromise, whenSettled } from '../process/promises';
import { asObject } from '../usage/counts';

/** Work that can go on after its function has returned. */
export interface Work {
  /** Runs a step of the work in its scope. */
  readonly enter: <Result>(step: () => Result) => Result;
  /** Observer of the call, if the work is a model call. */
  readonly call?: WorkCall;
}

/** Observer of a model call. None of its functions throws. */
export interface WorkCall {
  /** Called with false if the work starts only when its result is used, and with true when it starts. */
  readonly open: (isOpen: boolean) => void;
  readonly answered: (response: unknown) => void;
  readonly failed: (error: unknown) => void;
  /** Called before the first event if the result is a generator or a stream. */
  readonly streams: (stream: unknown) => void;
  readonly event: (event: unknown) => void;
  /**
   * Called when a stream has ended or failed, or its consumer has stopped early. For a generator that
   * returns an answer, `answered` is called instead.
   */
  readonly ended: (end: { readonly whole: boolean; readonly error?: unknown }) => void;
}

/** Members of the SDK's responses that can hold a stream. */
const STREAMS = ['stream', 'body', 'completion'] as const;

/**
 * Binds a function's result to the scope of the function. Every step of a generator, an async iterable or a
 * lazy thenable then runs in that scope, also if a promise resolves to it. The result stays the same object,
 * with one exception. Without a model call, a promise is replaced by the result of its `then`, so that
 * Node.js still reports an unhandled rejection.
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

/** Binds a lazy result and the streams of a response. Returns true if the call ends with its last step. */
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
  // A consumer can also read such a stream by `getReader` or `pipe`, and the tap does not see the end of
  // that.
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

/** Observes a call until its generator ends. A generator that never starts is not a call. */
function callTap(stream: object, { enter, call, isGenerator }: FollowedCall): StreamTap {
  let hasStarted = false;
  // The tap is called when the stream is garbage-collected, so it must not hold the stream.
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
