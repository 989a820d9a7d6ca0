/** String in a JSON value, and the name of its member. The items of an array have the name of the array. */
export interface Text {
  readonly member: string;
  readonly text: string;
}

/**
 * Lists the strings in a JSON value, in order. If a string contains JSON, lists the strings in this JSON
 * instead. If a string is base64, lists the encoded and the decoded text. Searches all members, even those
 * that `render.ts` does not replace.
 */
export function textsOf(value: unknown, member = ''): readonly Text[] {
  if (typeof value === 'string') {
    const json = jsonOf(value);
    if (json) return textsOf(json, member);
    return [{ member, text: value }, ...decoded(value).flatMap(inner => textsOf(inner, member))];
  }
  if (Array.isArray(value)) return value.flatMap(item => textsOf(item, member));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}

/** Number of consecutive words in a run. */
const RUN = 4;

/**
 * Returns all runs of 4 consecutive words in the free texts of a response. A free text is a text with white
 * space. Also joins the texts of each member, because a sentence can be split between stream events.
 */
export function proseOf(response: unknown): ReadonlySet<string> {
  const texts = textsOf(response);
  const free = [...texts.map(({ text }) => text), ...joinedByMember(texts)].filter(text => /\s/.test(text));
  return new Set(
    free.flatMap(text => {
      const words = wordsOf(text);
      return words.slice(RUN - 1).map((_word, end) => words.slice(end, end + RUN).join(' '));
    }),
  );
}

/**
 * Returns the given runs of words that occur in a value. Also finds a run that is split between consecutive
 * strings.
 */
export function proseIn(value: unknown, runs: ReadonlySet<string>): readonly string[] {
  const texts = textsOf(value);
  const places = [
    JSON.stringify(value),
    texts.map(({ text }) => text).join(' '),
    ...joinedByMember(texts),
  ].map(text => ` ${wordsOf(text).join(' ')} `);
  return [...runs].filter(run => places.some(place => place.includes(` ${run} `)));
}

function joinedByMember(texts: readonly Text[]): readonly string[] {
  const joined = new Map<string, string>();
  for (const { member, text } of texts) joined.set(member, `${joined.get(member) ?? ''}${text}`);
  return [...joined.values()];
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Decodes base64. Returns an empty list for any other text. */
function decoded(text: string): readonly string[] {
  // If the text is not base64, returns an empty list. Shortened base64 in a recording ends with an ellipsis.
  if (!/^[A-Za-z0-9+/]{8,}={0,2}…?$/.test(text)) return [];
  const inner = Buffer.from(text, 'base64').toString('utf8');
  // Decoded bytes are not text if they have control characters or invalid UTF-8.
  return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(inner) ? [] : [inner];
}

/** Parses JSON. Returns undefined if the text is not an object or array. */
export function jsonOf(text: string): object | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
