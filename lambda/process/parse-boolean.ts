const WORDS: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  t: true,
  yes: true,
  y: true,
  on: true,
  0: false,
  false: false,
  f: false,
  no: false,
  n: false,
  off: false,
};

/**
 * Parses an on/off setting: `1`, `true`, `t`, `yes`, `y` or `on`, or an opposite such as `0` or `false`.
 * Upper and lower case are equal.
 *
 * @returns undefined for any other text
 */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
