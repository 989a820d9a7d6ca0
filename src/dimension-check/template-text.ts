/**
 * Placeholder for text that is known only at deployment. No other text contains this Unicode noncharacter.
 */
const UNKNOWN = '\uFDD0';
const SUBSTITUTION = /\$\{(!?)([^}]*)\}/g;

/** JSON object in a template. */
export type Json = { readonly [key: string]: unknown };

/** Returns true for a JSON object. Returns false for lists and `null`. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns true if a text contains no placeholder. */
export function isKnown(text: string): boolean {
  return !text.includes(UNKNOWN);
}

/**
 * Converts a value in a template to text. A placeholder replaces each part that is known only at deployment.
 */
export function templateText(value: unknown): string {
  return parts(value)
    .map(part => part ?? UNKNOWN)
    .join('');
}

/**
 * Parses JSON text in a template, such as a dashboard body. A placeholder replaces each part that is known
 * only at deployment.
 *
 * @returns the parsed JSON, or undefined if the text is not valid JSON
 */
export function templateJson(value: unknown): unknown {
  let inString = false;
  const text = parts(value)
    .map(part => {
      if (part === undefined) return inString ? UNKNOWN : JSON.stringify(UNKNOWN);
      const quotes = part.replaceAll(/\\./gs, '').split('"').length - 1;
      if (quotes % 2 === 1) inString = !inString;
      return part;
    })
    .join('');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Returns all possible results of `Fn::If`. For any other value, returns a list with only this value.
 * `AWS::NoValue` becomes undefined.
 */
export function branches(value: unknown): unknown[] {
  if (!isObject(value)) return [value];
  const choice = value['Fn::If'];
  if (Array.isArray(choice)) return choice.slice(1).flatMap(branches);
  return [value.Ref === 'AWS::NoValue' ? undefined : value];
}

/**
 * Splits a value in a template, such as `Fn::Join`, into texts. A part that is known only at deployment is
 * undefined.
 */
function parts(value: unknown): (string | undefined)[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)];
  if (!isObject(value)) return [undefined];
  const { 'Fn::Join': join, 'Fn::Sub': sub } = value;
  if (Array.isArray(join) && typeof join[0] === 'string' && Array.isArray(join[1])) {
    const [separator, pieces] = join as [string, unknown[]];
    return pieces.flatMap((piece, index) => [
      ...(index > 0 && separator !== '' ? [separator] : []),
      ...parts(piece),
    ]);
  }
  const template: unknown = Array.isArray(sub) ? sub[0] : sub;
  return typeof template === 'string' ? substitutedParts(template) : [undefined];
}

/**
 * Splits the text of `Fn::Sub` at its variables. Each variable becomes undefined, e.g. `${Name}` in
 * "a-${Name}".
 */
function substitutedParts(template: string): (string | undefined)[] {
  const pieces: (string | undefined)[] = [];
  let end = 0;
  for (const { 0: found, 1: literal, 2: name, index } of template.matchAll(SUBSTITUTION)) {
    pieces.push(template.slice(end, index), literal === '!' ? `\${${name}}` : undefined);
    end = index + found.length;
  }
  return [...pieces, template.slice(end)];
}
