import { isPlainPromise } from '../process/promises';

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

interface WrapOptions {
  /**
   * True if a method that returns the original function must return the replacement instead. Default: true
   */
  readonly chains?: boolean;
}

/**
 * Returns a replacement for a function. The replacement has the same name, number of parameters, prototype,
 * members and `Reflect` metadata. If a method of the function returns the function itself, the same method of
 * the replacement returns the replacement.
 *
 * @param call function that runs when the replacement is called
 */
export function wrapFunction<Wrapped extends object>(
  wrapped: Wrapped,
  call: AnyFunction,
  { chains = true }: WrapOptions = {},
): Wrapped {
  const chained = new WeakMap<object, object>();
  const replaced = (value: unknown) => (value === wrapped ? replacement : value);
  const replaceMethod = (member: object) => {
    const known = chained.get(member);
    if (known) return known;
    const made = new Proxy(member as AnyFunction, {
      apply: (method, self, args) => {
        const result: unknown = Reflect.apply(method, self === replacement ? wrapped : self, args);
        return isPlainPromise(result) ? result.then(replaced) : replaced(result);
      },
    });
    chained.set(member, made);
    return made;
  };
  const replacement: Wrapped = new Proxy(wrapped, {
    apply: (_wrapped, self, args) => Reflect.apply(call, self, args),
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (!chains || typeof member !== 'function' || !isReplaceable(target, name)) return member;
      // A function can be its own member, as in CommonJS: `module.exports.handler = module.exports`.
      return member === wrapped ? replacement : replaceMethod(member);
    },
  });
  copyMetadata(wrapped, replacement);
  return replacement;
}

/**
 * Returns true if the proxy may replace a member. Returns false for a constant member, because JavaScript
 * requires that a proxy returns it unchanged. Returns false for a member that all functions inherit, such as
 * `call`.
 */
function isReplaceable(target: object, name: string | symbol): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, name);
  if (!own) return !(name in Function.prototype);
  return own.configurable === true || own.writable === true || own.get !== undefined;
}

/** Functions that the npm package `reflect-metadata` adds to `Reflect`. */
interface MetadataReflection {
  getOwnMetadataKeys(target: object): unknown[];
  getOwnMetadata(key: unknown, target: object): unknown;
  defineMetadata(key: unknown, value: unknown, target: object): void;
}

/**
 * Copies the `reflect-metadata` entries of a function, such as the path of a route. The library keeps the
 * metadata of each function in a map, so a new function has no metadata. Metadata that is added to one of the
 * functions after the copy is not added to the other function.
 */
function copyMetadata(from: object, to: object): void {
  const reflection = Reflect as Partial<MetadataReflection>;
  for (const key of reflection.getOwnMetadataKeys?.(from) ?? []) {
    reflection.defineMetadata?.(key, reflection.getOwnMetadata?.(key, from), to);
  }
}
