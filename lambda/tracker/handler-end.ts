import type { AnyFunction } from './stand-in';

/**
 * How many arguments a handler takes that answers through
 * the third, as functions on Node 22 and before it may.
 */
const WITH_CALLBACK = 3;

/**
 * Calls a handler, and does something at its end: before what it promises is
 * settled, or before it calls back. The answer waits for that and is the same.
 */
export function calledWithEnd(
  handle: AnyFunction,
  args: readonly unknown[],
  end: () => Promise<void>,
): unknown {
  const [event, context, callback, ...others] = args;
  if (typeof callback !== 'function' || handle.length < WITH_CALLBACK) {
    return settled(() => handle(...args), end);
  }
  let ended: Promise<void> | undefined;
  const endOnce = () => (ended ??= end());
  const callBack = (...answer: unknown[]) => void endOnce().then(() => (callback as AnyFunction)(...answer));
  try {
    const result = handle(event, context, callBack, ...others);
    // What is no promise is not the answer: that comes through the callback.
    return isPromise(result) ? settled(() => result, endOnce) : result;
  } catch (error) {
    return settled(() => Promise.reject(error), endOnce);
  }
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Partial<Promise<unknown>> | null | undefined)?.then === 'function';
}

async function settled(call: () => unknown, end: () => Promise<void>): Promise<unknown> {
  try {
    return await call();
  } finally {
    await end();
  }
}
