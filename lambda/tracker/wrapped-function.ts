import { isPlainPromise } from '../process/promises';

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

interface WrapOptions {
  /** True if methods that return the function return the replacement instead. Default: true */
  readonly chains?: boolean;
}

/**
 * Replaces a function. The replacement has the same name, number of parameters, prototype, members and
 * `Reflect` metadata. Chained methods, which return the original function, return the replacement instead.
 *
 * @param call runs when the replacement is called
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
 * Returns true for members that can be replaced. A proxy must return constant members as they are. Members of
 * every function, such as `call`, are not chained methods.
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
 * Copies metadata, such as the path and the roles of a route. `reflect-metadata` keeps it in a map with the
 * function as the key. Metadata that is later defined on one of the two functions is not seen on the other.
 */
function copyMetadata(from: object, to: object): void {
  const reflection = Reflect as Partial<MetadataReflection>;
  for (const key of reflection.getOwnMetadataKeys?.(from) ?? []) {
    reflection.defineMetadata?.(key, reflection.getOwnMetadata?.(key, from), to);
  }
}
