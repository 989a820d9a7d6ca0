/** Key of the state that all copies of the package in a process share. */
const KEY = Symbol.for('cdk-token-analytics');

/**
 * Returns a value that exists once in a process, and makes it if it does not exist yet.
 *
 * A process can load the package many times: once for each bundle, each module format and each hot reload.
 * The copies can be of different versions, so the shape of a shared value may gain members and never change.
 */
export function shared<Value>(name: string, make: () => Value): Value {
  const values = sharedValues();
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}

/** Returns such a value if it exists. */
export function sharedBefore<Value>(name: string): Value | undefined {
  return sharedValues().get(name) as Value | undefined;
}

function sharedValues(): Map<string, unknown> {
  const home = process as unknown as Record<symbol, Map<string, unknown> | undefined>;
  return (home[KEY] ??= new Map());
}
