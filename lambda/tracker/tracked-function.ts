import { types } from 'node:util';
import { type AnyFunction, wrapFunction } from './wrapped-function';
import { type CallContext, readRecordInput } from '../invocation/record-input';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Context of a tracked function: agent, incident, session and so on. If it has a `modelId`, each call of the
 * function is recorded as a call of this model.
 */
export type TrackedContext = Omit<CallContext, 'modelId'> & { readonly modelId?: string };

/**
 * Function that wraps another function. It can also decorate a method, with TypeScript's
 * `experimentalDecorators` or with ECMAScript decorators.
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
 * Returns a decorator that calls functions through `around`.
 *
 * @param options context of each call, or a function that returns it
 * @param around runs `call` in the context, and returns its result
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
    // If there is no `descriptor`, `wrapped` is a plain function or has an ECMAScript decorator. Methods of a
    // plain function are replaced too. A decorated method keeps its members, because a member can be a class.
    if (!descriptor) return wrap(wrapped, name === undefined);
    return descriptor.value ? { ...descriptor, value: wrap(descriptor.value, false) } : descriptor;
  }) as TrackedDecorator<Args>;
}

/**
 * Returns the context of a call, from `options` or from the function in `options`. Returns an empty context
 * if this function throws or returns a promise.
 */
function contextOf<Args extends readonly unknown[]>(
  options: TrackedContext | ((...args: Args) => TrackedContext),
  args: unknown[],
): TrackedContext {
  if (typeof options !== 'function') return readRecordInput(options, 'tracked');
  try {
    const context: unknown = options(...(args as unknown as Args));
    if (!types.isPromise(context)) return readRecordInput(context as TrackedContext, 'tracked');
    // Without `catch`, a rejection of this promise would end the process.
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
