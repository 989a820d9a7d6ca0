import type { AnyFunction } from './stand-in';
import { isPromise } from '../process/promises';
import { shared } from '../process/shared-state';

/** What is done at the end of a handler. */
export interface HandlerEnd {
  /** Sends what is recorded while the handler may still be at work. */
  readonly flush: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/**
 * Calls a handler, and does something at its end: before what it promises is
 * settled, or before it calls back. The answer waits for that and is the same.
 *
 * The third argument is a callback on Node.js 22 and before. The number of parameters does not tell whether
 * the handler uses it: rest parameters and those with a default do not count.
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
  // Lambda ignores a result that is no promise. It answers what is called back, or null when the event loop
  // is empty.
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
