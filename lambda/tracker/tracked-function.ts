import { type AnyFunction, standInFor } from './stand-in';
import type { CallContext } from '../invocation/record-input';
import { nameOf, warnOnce } from '../process/warn-once';

/** Whose call it is. Without a `modelId`, the calls inside say which model it is. */
export type TrackedContext = Omit<CallContext, 'modelId'> & { readonly modelId?: string };

/** Wraps a function; or, as a decorator of TypeScript's own kind or of ECMAScript's, a method. */
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

/** @param around makes the call in its context, and gives what it gave */
export function trackedFunction<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  around: (context: TrackedContext, call: () => unknown) => unknown,
): TrackedDecorator<Args> {
  const wrap = (wrapped: AnyFunction): AnyFunction =>
    standInFor(wrapped, function (...args) {
      return around(contextOf(options, args), () => wrapped.apply(this, args));
    });
  return ((wrapped: AnyFunction, _name?: unknown, descriptor?: TypedPropertyDescriptor<AnyFunction>) => {
    if (!descriptor) return wrap(wrapped);
    return descriptor.value ? { ...descriptor, value: wrap(descriptor.value) } : descriptor;
  }) as TrackedDecorator<Args>;
}

/** What makes the context is the caller's; where it fails, the call is made all the same. */
function contextOf<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  args: unknown[],
): TrackedContext {
  if (typeof options !== 'function') return options;
  try {
    return options(...(args as unknown as Args));
  } catch (error) {
    warnOnce('tracked', `The context of a tracked function could not be made (${nameOf(error)}).`);
    return {};
  }
}
