import { isPlainPromise } from '../process/promises';

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

interface WrapOptions {
  /** Methods of the function that return it, as chained methods do, return the replacement. Default: true. */
  readonly chains?: boolean;
}

/**
 * Replaces a function: the replacement has the same name, number of arguments, prototype, members and
 * `Reflect` metadata. If a method returns the original function, as chained methods do, it returns the
 * replacement instead.
 *
 * @param call runs if the replacement is called
 */
export function wrapFunction<Wrapped extends object>(
  wrapped: Wrapped,
  call: AnyFunction,
  { chains = true }: WrapOptions = {},
): Wrapped {
  const chained = new WeakMap<object, object>();
  const inPlace = (value: unknown) => (value === wrapped ? standIn : value);
  const chainedOf = (member: object) => {
    const known = chained.get(member);
    if (known) return known;
    const made = new Proxy(member as AnyFunction, {
      apply: (method, self, args) => {
        const result: unknown = Reflect.apply(method, self === standIn ? wrapped : self, args);
        return isPlainPromise(result) ? result.then(inPlace) : inPlace(result);
      },
    });
    chained.set(member, made);
    return made;
  };
  const standIn: Wrapped = new Proxy(wrapped, {
    apply: (_wrapped, self, args) => Reflect.apply(call, self, args),
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (!chains || typeof member !== 'function' || !isReplaceable(target, name)) return member;
      // CommonJS modules often have `module.exports.handler = module.exports`.
      return member === wrapped ? standIn : chainedOf(member);
    },
  });
  copyMetadata(wrapped, standIn);
  return standIn;
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
