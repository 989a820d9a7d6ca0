import { createHash } from 'node:crypto';

/** A DynamoDB attribute value, as far as traces use them. */
export type AttributeValue = { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean };
export type Item = Readonly<Record<string, AttributeValue>>;

const HASH_LENGTH = 8;

/** Text, or no attribute where there is none. */
export function text(value: string | undefined, maxBytes = Infinity): AttributeValue | undefined {
  return value ? { S: clip(value, maxBytes) } : undefined;
}

/**
 * A number, or no attribute where there is none or it is beyond exact ones: DynamoDB refuses
 * the whole batch for a number of more than 38 digits. Fractions are kept to the thousandth.
 */
export function number(value: number | undefined): AttributeValue | undefined {
  if (value === undefined || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return undefined;
  return { N: String(Number.isInteger(value) ? value : Math.round(value * 1000) / 1000) };
}

/** The text of an attribute; empty where it has none. */
export function textOf(attribute: AttributeValue | undefined): string {
  return attribute && 'S' in attribute ? attribute.S : '';
}

/** The attributes that are there. */
export function present(attributes: Readonly<Record<string, AttributeValue | undefined>>): Item {
  const item: Record<string, AttributeValue> = {};
  for (const name of Object.keys(attributes)) {
    const attribute = attributes[name];
    if (attribute) item[name] = attribute;
  }
  return item;
}

/** What is of one byte each character, and needs no mending: nearly every id is. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * At most so many bytes of well-formed UTF-8; what is longer
 * ends in a hash of the whole, so that two stay two.
 */
function clip(value: string, maxBytes: number): string {
  if (value.length <= maxBytes && PLAIN.test(value)) return value;
  const bytes = Buffer.from(value);
  return bytes.length <= maxBytes ? bytes.toString() : cut(bytes, maxBytes);
}

/** The same for what is escaped in a key, where a character may take the room of three. */
export function clipKeyPart(value: string, maxBytes: number, escape: (part: string) => string): string {
  const escaped = escape(value);
  if (escaped.length <= maxBytes && PLAIN.test(escaped)) return value;
  const bytes = Buffer.from(value);
  return Buffer.byteLength(escaped) <= maxBytes ? bytes.toString() : cut(bytes, Math.floor(maxBytes / 3));
}

function cut(bytes: Buffer, maxBytes: number): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH);
  // What is cut in the middle of a character ends in the replacement character, which takes three bytes.
  const kept = bytes
    .subarray(0, maxBytes - HASH_LENGTH - 1)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${kept}~${hash}`;
}
