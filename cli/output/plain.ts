/**
 * Controls, line ends, what turns or hides text (Unicode categories Cc,
 * Cf, Zl, Zp) and lone surrogates: nothing that a terminal acts on.
 */
export const UNSAFE_TEXT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text that comes from the table, or from anybody, as one line that no terminal acts on. */
export function plain(text: string): string {
  return text.replace(UNSAFE_TEXT, '?');
}

/** The same, of at most so many characters. */
export function shortened(text: string, maxLength: number): string {
  const characters = [...plain(text)];
  return characters.length <= maxLength
    ? characters.join('')
    : `${characters.slice(0, Math.max(1, maxLength) - 1).join('')}…`;
}
