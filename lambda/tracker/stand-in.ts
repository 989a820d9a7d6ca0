export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Replaces a function: the replacement has the same name, number of arguments and members. If a method returns
 * the original function, as chained methods do, it returns the replacement instead.
 *
 * @param call runs if the replacement is called
 */
export function standInFor<Wrapped extends object>(wrapped: Wrapped, call: AnyFunction): Wrapped {
  const chained = new WeakMap<object, object>();
  const chainedOf = (member: object) => {
    const known = chained.get(member);
    if (known) return known;
    const made = new Proxy(member as AnyFunction, {
      apply: (method, self, args) => {
        const result = Reflect.apply(method, self === standIn ? wrapped : self, args);
        return result === wrapped ? standIn : result;
      },
    });
    chained.set(member, made);
    return made;
  };
  const standIn: Wrapped = new Proxy(wrapped, {
    apply: (_wrapped, self, args) => Reflect.apply(call, self, args),
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' && isReplaceable(target, name) ? chainedOf(member) : member;
    },
  });
  return standIn;
}

/** Returns true for own members that can change: a proxy must return constant ones as they are. */
function isReplaceable(target: object, name: string | symbol): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, name);
  return own !== undefined && (own.configurable === true || own.writable === true || own.get !== undefined);
}
