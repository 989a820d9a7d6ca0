/** Where a process keeps what all copies of the package in it share. */
const KEY = Symbol.for('cdk-token-analytics');

/**
 * Gives a value that exists once in a process. A process can hold many copies of the package: one for each
 * bundle, for each module format, and for each reload. The copy that asks first makes the value.
 *
 * The copies can be of different versions: the members of a shared value may be added to, and never change.
 */
export function shared<Value>(name: string, make: () => Value): Value {
  const home = process as unknown as Record<symbol, Map<string, unknown> | undefined>;
  const values = (home[KEY] ??= new Map());
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}
