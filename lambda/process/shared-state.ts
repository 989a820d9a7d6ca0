/** Key under which the `process` object holds the state that all copies of the package share. */
const KEY = Symbol.for('cdk-token-analytics');

/**
 * Fallback that holds the state if the `process` object is frozen. Other copies of the package cannot see it.
 */
const own = new Map<string, unknown>();

/**
 * Returns a value that all copies of the package in one process share. The first call with a `name` creates
 * the value with `make`.
 *
 * A process can load several copies of the package, in different versions. A new version may add members to a
 * shared value, but must not change existing members.
 */
export function shared<Value>(name: string, make: () => Value): Value {
  const values = sharedValues();
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}

/**
 * Returns the value that `shared` has created for this name. Returns undefined if no copy of the package has
 * called `shared` with this name.
 */
export function sharedBefore<Value>(name: string): Value | undefined {
  return sharedValues().get(name) as Value | undefined;
}

function sharedValues(): Map<string, unknown> {
  const home = process as unknown as Record<symbol, unknown>;
  // If `process` is frozen, `Reflect.set` has no effect. An assignment would throw an error.
  if (home[KEY] === undefined) Reflect.set(home, KEY, own);
  const found = home[KEY];
  return isMap(found) ? found : own;
}

/**
 * Returns true for a `Map`, even if another JavaScript realm made it. Jest runs each test in a realm of its
 * own, in which `instanceof Map` would return false.
 */
function isMap(value: unknown): value is Map<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}
