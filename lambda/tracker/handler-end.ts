import type { AnyFunction } from './wrapped-function';
import { isPromise } from '../process/promises';
import { shared } from '../process/shared-state';

/** Actions at the end of a handler. */
export interface HandlerEnd {
  /** Sends metrics and traces while the handler may still be working. */
  readonly flush: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/**
 * Calls a handler and runs an action at its end, before its promise settles or before it calls back. The
 * answer waits for the action and stays the same.
 *
 * On Node.js 22 and earlier, the third argument is a callback. The number of parameters does not show if the
 * handler uses it, because rest parameters and those with a default do not count.
 */
export function calledWithEnd(
  handle: AnyFunction,
  args: readonly unknown[],
  { flush, end }: HandlerEnd,
): unknown {
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
 * Ends of handlers that have returned no promise and have not called back. When the event loop is empty,
 * Lambda answers for them, and they end.
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
