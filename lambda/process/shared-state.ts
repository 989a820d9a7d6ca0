/** Key of the state that all copies of the package in a process share. */
const KEY = Symbol.for('cdk-token-analytics');

/** State of this copy only, for a frozen `process` object. */
const own = new Map<string, unknown>();

/**
 * Returns a value that exists once in a process, and creates it at the first call.
 *
 * A process can load the package many times: once for each bundle, each module format and each hot reload.
 * The copies can have different versions, so a shared value may get new members, and must never change
 * otherwise.
 */
export function shared<Value>(name: string, make: () => Value): Value {
  const values = sharedValues();
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}

/** Returns a shared value if a copy of the package has created it. */
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

/** Returns true for a map of any realm. A Jest test has its own `Map`, so `instanceof` would fail. */
function isMap(value: unknown): value is Map<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}
