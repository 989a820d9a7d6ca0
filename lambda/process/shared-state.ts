/** Key under which the `process` object holds the state that all copies of the package share. */
const KEY = Symbol.for('cdk-token-analytics');

/** State of this copy of the package only. It is used if the `process` object is frozen. */
const own = new Map<string, unknown>();

/**
 * Returns the value with this name that all copies of the package in a process share. The first call creates
 * the value.
 *
 * A process can load several copies of the package, in different versions. A new version may add members to a
 * shared value, but must not change existing members.
 */
export function shared<Value>(name: string, make: () => Value): Value {
  const values = sharedValues();
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}

/** Returns a shared value, or undefined if no copy of the package has created it. */
export function sharedBefore<Value>(name: string): Value | undefined {
  return sharedValues().get(name) as Value | undefined;
}

function sharedValues(): Map<string, unknown> {
  const home = process as unknown as Record<symbol, unknown>;
  // `process` can be frozen, and other code can set the key to any value.
  if (home[KEY] === undefined) Reflect.set(home, KEY, own);
  const found = home[KEY];
  return isMap(found) ? found : own;
}

/**
 * Returns true for a `Map` of this or another realm. A Jest test has its own `Map` class, so `instanceof`
 * would return false.
 */
function isMap(value: unknown): value is Map<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}
