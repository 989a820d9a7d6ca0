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
 * Parses an on/off setting. Returns true for `1`, `true`, `t`, `yes`, `y` and `on`. Returns false for `0`,
 * `false`, `f`, `no`, `n` and `off`. Ignores upper and lower case.
 *
 * @returns undefined for any other text
 */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
