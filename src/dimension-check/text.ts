/**
 * Stands in a text for what is known only at deployment: a
 * noncharacter of Unicode, so no text has it by itself.
 */
const UNKNOWN = '\uFDD0';
const SUBSTITUTION = /\$\{(!?)([^}]*)\}/g;

/** An object of a template. */
export type Json = { readonly [key: string]: unknown };

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether all of a text is known at synth. */
export function isKnown(text: string): boolean {
  return !text.includes(UNKNOWN);
}

/** The text that a template's value is at deployment, as far as it is known. */
export function templateText(value: unknown): string {
  return parts(value)
    .map(part => part ?? UNKNOWN)
    .join('');
}

/**
 * The JSON in a template's text. What is known only at
 * deployment is an unknown text, also where it is a number.
 *
 * @returns undefined where it is no JSON
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

/** Each value that `Fn::If` may choose; undefined for none. */
export function branches(value: unknown): unknown[] {
  if (!isObject(value)) return [value];
  const choice = value['Fn::If'];
  if (Array.isArray(choice)) return choice.slice(1).flatMap(branches);
  return [value.Ref === 'AWS::NoValue' ? undefined : value];
}

/** The pieces that a text is put together from; undefined for one that is known only at deployment. */
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
  return typeof template === 'string' ? substituted(template) : [undefined];
}

function substituted(template: string): (string | undefined)[] {
  const pieces: (string | undefined)[] = [];
  let end = 0;
  for (const { 0: found, 1: literal, 2: name, index } of template.matchAll(SUBSTITUTION)) {
    pieces.push(template.slice(end, index), literal === '!' ? `\${${name}}` : undefined);
    end = index + found.length;
  }
  return [...pieces, template.slice(end)];
}
