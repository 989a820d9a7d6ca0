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
 * Parses a switch: `1`, `true`, `t`, `yes`, `y`, `on`, or their opposites, in upper or lower case.
 *
 * @returns undefined for any other text
 */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
