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
 * What a text switches: `true`, `1`, `yes`, `on` and their
 * opposites, in any case. Undefined for anything else.
 */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
