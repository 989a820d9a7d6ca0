export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Makes a function that passes for another: its name, its number of arguments and its members are those of
 * the other. Where a member gives the other back, as methods that are chained do, it gives the function back.
 *
 * @param call what a call of the function does
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

/** Whether a member is the function's own; of a constant one, a proxy must give the value itself. */
function isReplaceable(target: object, name: string | symbol): boolean {
  const own = Reflect.getOwnPropertyDescriptor(target, name);
  return own !== undefined && (own.configurable === true || own.writable === true || own.get !== undefined);
}
