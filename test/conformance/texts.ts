/** Text in a value, with the name of its member. An item of an array has the name of the array. */
export interface Text {
  readonly member: string;
  readonly text: string;
}

/**
 * Lists the texts of a value in order. For JSON inside a text, it lists the texts inside. For base64, it
 * lists both the encoded and the decoded text. It knows no member names, so that it finds texts that
 * `render.ts` might miss.
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

/** Length of the shortest run of words that counts as prose of a recording. */
const RUN = 4;

/**
 * Returns the runs of 4 consecutive words in the free texts of a response. A free text has white space.
 * The pieces of a stream are also joined by member, because a sentence can be split between events.
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

/** Returns those runs of words that a value contains, in one text or across consecutive texts. */
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

/** Returns a list with the decoded text of a base64 text. For any other text, the list is empty. */
function decoded(text: string): readonly string[] {
  // Recordings may contain shortened base64, which ends with an ellipsis.
  if (!/^[A-Za-z0-9+/]{8,}={0,2}…?$/.test(text)) return [];
  const inner = Buffer.from(text, 'base64').toString('utf8');
  // Decoded bytes with control characters or invalid UTF-8 are not text.
  return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(inner) ? [] : [inner];
}

/** Returns the object or array in a JSON text, or undefined for any other text. */
export function jsonOf(text: string): object | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
