import { types } from 'node:util';
import { type AnyFunction, wrapFunction } from './wrapped-function';
import { type CallContext, readRecordInput } from '../invocation/record-input';
import { errorName, warnOnce } from '../process/warn-once';

/** Context of a tracked function. Without a `modelId`, the calls inside name the model. */
export type TrackedContext = Omit<CallContext, 'modelId'> & { readonly modelId?: string };

/** Wraps a function. As a decorator (of TypeScript or of ECMAScript), it wraps a method. */
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
 * @param around makes the call in its context, and returns its result
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
    // A class or function that a decorator below put on the method keeps its identity.
    if (!descriptor) return wrap(wrapped, name === undefined);
    return descriptor.value ? { ...descriptor, value: wrap(descriptor.value, false) } : descriptor;
  }) as TrackedDecorator<Args>;
}

/** Returns the context. If the caller's function for it fails, the call is made without a context. */
function contextOf<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  args: unknown[],
): TrackedContext {
  if (typeof options !== 'function') return readRecordInput(options, 'tracked');
  try {
    const context: unknown = options(...(args as unknown as Args));
    if (!types.isPromise(context)) return readRecordInput(context as TrackedContext, 'tracked');
    // An unhandled rejection would end the process.
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
