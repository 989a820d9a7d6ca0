/**
 * Characters that {@link plain} replaces with a question mark: control characters, line ends, characters that
 * reverse or hide text, and lone surrogates. In the name of an agent, such a character could change the way a
 * terminal, a log or a mail shows the text.
 *
 * JSON and CSV output do not use `plain`. JSON escapes these characters, and CSV puts tabs and line ends in
 * quotes.
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
