/**
 * Characters that a name from a caller must not bring into a line of a terminal, a log or a mail. They are
 * controls, line ends and characters that turn or hide text (Unicode categories Cc, Cf, Zl, Zp), and lone
 * surrogates (Cs).
 *
 * Two sinks have rules of their own. JSON output escapes these characters, so that the text stays equal. CSV
 * cells keep tabs and line ends in quotes, and must not begin a formula.
 */
const UNSAFE_TEXT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns text as one line, with a question mark in place of each unsafe character. */
export function plain(text: string): string {
  return text.replace(UNSAFE_TEXT, '?');
}

/** Returns text as one safe line of at most `maxLength` characters. Longer text ends in `…`. */
export function shortened(text: string, maxLength: number): string {
  const characters = [...plain(text)];
  return characters.length <= maxLength
    ? characters.join('')
    : `${characters.slice(0, Math.max(1, maxLength) - 1).join('')}…`;
}
