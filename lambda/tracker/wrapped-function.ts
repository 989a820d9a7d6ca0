import { isPlainPromise } from '../process/promises';

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

interface WrapOptions {
  /**
   * True to also replace methods of the function. If such a method returns the original function, the caller
   * gets the replacement. Default: true
   */
  readonly chains?: boolean;
}

/**
 * Returns a replacement for a function. A call of the replacement runs `call`. The replacement has the same
 * name, number of parameters, prototype, members and `Reflect` metadata. If a method returns the original
 * function, such as `use` of middy, the caller gets the replacement.
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
      // In CommonJS, a function can be its own member: `module.exports.handler = module.exports`. In this
      // case, the member is the replacement.
      return member === wrapped ? replacement : replaceMethod(member);
    },
  });
  copyMetadata(wrapped, replacement);
  return replacement;
}

/**
 * Returns true if the proxy may return another value for a member. Returns false for a constant member,
 * because JavaScript would throw an error. Returns false for a member that all functions have, such as
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
 * Copies the metadata that `reflect-metadata` stores for a function, such as the path of a route. Metadata
 * that is added later to one of the functions is not added to the other.
 */
function copyMetadata(from: object, to: object): void {
  const reflection = Reflect as Partial<MetadataReflection>;
  for (const key of reflection.getOwnMetadataKeys?.(from) ?? []) {
    reflection.defineMetadata?.(key, reflection.getOwnMetadata?.(key, from), to);
  }
}
