import { types } from 'node:util';
import { type AnyFunction, wrapFunction } from './wrapped-function';
import { type CallContext, readRecordInput } from '../invocation/record-input';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Context of a tracked function. If `modelId` is absent, the model calls inside the function name their own
 * models.
 */
export type TrackedContext = Omit<CallContext, 'modelId'> & { readonly modelId?: string };

/**
 * Function that wraps another function. It can also be used as a decorator of a method, in TypeScript or in
 * ECMAScript.
 */
export interface TrackedDecorator<Args extends readonly unknown[]> {
  <Wrapped extends (...args: [...Args]) => unknown>(
    wrapped: Wrapped,
    context?: { readonly kind: string; readonly name: string | symbol },
  ): Wrapped;
  <Wrapped extends (...args: [...Args]) => unknown>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<Wrapped>,
  ): TypedPropertyDescriptor<Wrapped>;
}

/**
 * Returns a decorator.
 *
 * @param around makes the call in its context, and returns the result of the call
 */
export function trackedFunction<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  around: (context: TrackedContext, call: () => unknown) => unknown,
): TrackedDecorator<Args> {
  const wrap = (wrapped: AnyFunction, chains: boolean): AnyFunction =>
    wrapFunction(
      wrapped,
      function (...args) {
        return around(contextOf(options, args), () => wrapped.apply(this, args));
      },
      { chains },
    );
  return ((wrapped: AnyFunction, name?: unknown, descriptor?: TypedPropertyDescriptor<AnyFunction>) => {
    // `name === undefined` means that `wrapped` is a plain function and not a method. Only members of a plain
    // function are replaced. A member of a method can be a class that a decorator has added, and this class
    // must stay the same object.
    if (!descriptor) return wrap(wrapped, name === undefined);
    return descriptor.value ? { ...descriptor, value: wrap(descriptor.value, false) } : descriptor;
  }) as TrackedDecorator<Args>;
}

/**
 * Returns the context of a call. The caller can pass a function that returns the context. If this function
 * throws, the context is empty.
 */
function contextOf<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  args: unknown[],
): TrackedContext {
  if (typeof options !== 'function') return readRecordInput(options, 'tracked');
  try {
    const context: unknown = options(...(args as unknown as Args));
    if (!types.isPromise(context)) return readRecordInput(context as TrackedContext, 'tracked');
    // Handles a rejection of the promise, because an unhandled rejection would end the process.
    context.catch(() => undefined);
    warnNoContext('it must not be a promise');
  } catch (error) {
    warnNoContext(errorName(error));
  }
  return {};
}

function warnNoContext(reason: string): void {
  warnOnce('tracked', `The context of a tracked function could not be read (${reason}), and is ignored.`);
}
