import { createHash } from 'node:crypto';

/** DynamoDB attribute value, limited to the types that traces use. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly M: Readonly<Record<string, { readonly N: string }>> };
/** DynamoDB item: attribute values by name. */
export type Item = Readonly<Record<string, AttributeValue>>;

const HASH_LENGTH = 8;
/** Bytes of an empty map. Each of its entries needs one more byte besides its name and its value. */
const MAP_BYTES = 3;

/** DynamoDB item to which attributes can be added. */
export type MutableItem = Record<string, AttributeValue>;

/**
 * Converts text to a DynamoDB attribute.
 *
 * @param maxBytes maximum length in bytes (default: no limit). Longer text is cut and ends in a hash
 */
export function text(value: string, maxBytes = Infinity): AttributeValue {
  return { S: clip(value, maxBytes) };
}

/** Converts a number to a DynamoDB attribute, rounded to three decimal places. */
export function number(value: number): { readonly N: string } {
  return { N: String(Number.isInteger(value) ? value : Math.round(value * 1000) / 1000) };
}

/**
 * Returns true if an attribute can store a number. Returns false for NaN, and for a number beyond
 * `Number.MAX_SAFE_INTEGER`. One number with more than 38 digits would make DynamoDB refuse all items of a
 * batch.
 */
export function isStorable(value: number | undefined): value is number {
  return value !== undefined && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** Returns the size of an item in bytes, as DynamoDB counts it (Developer Guide, "Item sizes"). */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: AttributeValue): number {
  if ('S' in value) return Buffer.byteLength(value.S);
  if ('N' in value) return Math.ceil(value.N.length / 2) + 1;
  if ('BOOL' in value) return 1;
  const entries = Object.entries(value.M);
  return MAP_BYTES + entries.length + itemBytes(value.M);
}

/** Returns the text of an attribute, or an empty string if the attribute has no text. */
export function textOf(attribute: AttributeValue | undefined): string {
  return attribute && 'S' in attribute ? attribute.S : '';
}

/**
 * Pattern of printable ASCII text, in which each character is one byte. Nearly all ids match, and need no
 * conversion to bytes.
 */
const ASCII = /^[\x20-\x7e]*$/;

/**
 * Returns text with at most `maxBytes` bytes in UTF-8. Longer text is cut, and ends in a hash of the full
 * text, so that different texts stay different.
 */
function clip(value: string, maxBytes: number): string {
  if (value.length <= maxBytes && ASCII.test(value)) return value;
  const bytes = Buffer.from(value);
  return bytes.length <= maxBytes ? bytes.toString() : cut(bytes, maxBytes);
}

/** Pattern of printable ASCII text that needs no escaping in a key. Nearly all ids match. */
const PLAIN_KEY_PART = /^[\x20-\x22\x24\x26-\x7e]*$/;

/**
 * Cuts a part of a DynamoDB key, so that the part has at most `maxBytes` bytes after `escape`. A part that is
 * too long is cut to a third of `maxBytes`, because `escape` can turn one byte into three.
 *
 * @returns the part before `escape`
 */
export function clipKeyPart(value: string, maxBytes: number, escape: (part: string) => string): string {
  if (value.length <= maxBytes && PLAIN_KEY_PART.test(value)) return value;
  const bytes = Buffer.from(value);
  const isShort = Buffer.byteLength(escape(value)) <= maxBytes;
  return isShort ? bytes.toString() : cut(bytes, Math.floor(maxBytes / 3));
}

function cut(bytes: Buffer, maxBytes: number): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH);
  // If `subarray` cuts within a character, the text ends with a replacement character. `replace` removes it.
  const kept = bytes
    .subarray(0, maxBytes - HASH_LENGTH - 1)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${kept}~${hash}`;
}
