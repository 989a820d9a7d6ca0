/** Values by a name, or by a pattern of names with `*` in it. */
export class NameBook<Value> {
  private readonly exact: ReadonlyMap<string, Value>;
  /** Patterns, the longest first. */
  private readonly patterns: readonly (readonly [parts: readonly string[], value: Value])[];

  constructor(entries: readonly (readonly [name: string, value: Value])[]) {
    this.exact = new Map(entries.filter(([name]) => !name.includes('*')));
    this.patterns = entries
      .filter(([name]) => name.includes('*'))
      .sort(([a], [b]) => b.length - a.length)
      .map(([pattern, value]) => [pattern.split('*'), value]);
  }

  /** Finds the value of the first of some names, or else of the longest pattern that one of them fits. */
  find(names: readonly string[]): Value | undefined {
    const name = names.find(each => this.exact.has(each));
    return name === undefined
      ? this.patterns.find(([parts]) => names.some(each => fits(parts, each)))?.[1]
      : this.exact.get(name);
  }
}

/**
 * Returns true if a text starts with the first part of a pattern, ends with the last, and has the others
 * between them in order. It reads each character once.
 */
function fits([first, ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop() ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}
