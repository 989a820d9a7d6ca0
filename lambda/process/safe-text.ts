/**
 * Characters that are replaced when a name from a caller is shown in a terminal, a log line or a mail. They
 * are control characters, line ends, characters that reverse or hide text (Unicode categories Cc, Cf, Zl and
 * Zp), and lone surrogates (Cs).
 *
 * Two formats have other rules. JSON output escapes these characters, so that the text stays equal. CSV
 * output keeps tabs and line ends in quotes, and lets no cell begin with a formula.
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
