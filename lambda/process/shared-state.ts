/** Key of the state that all copies of the package in a process share. */
const KEY = Symbol.for('cdk-token-analytics');

/** State of this copy alone, for a process to which nothing can be added. */
const own = new Map<string, unknown>();

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
  const home = process as unknown as Record<symbol, unknown>;
  // The process can be frozen, and anybody can put anything at the key.
  if (home[KEY] === undefined) Reflect.set(home, KEY, own);
  const found = home[KEY];
  return isMap(found) ? found : own;
}

/** Maps of another realm, such as a Jest test's, are no instances of this one's `Map`. */
function isMap(value: unknown): value is Map<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}
