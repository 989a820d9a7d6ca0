import { Refusal } from '../../../local/emulators/emulators';

/**
 * Pattern of a term in a filter pattern: a word, or text in quotation marks. A term can have the prefix `-`
 * or `?`.
 */
const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * Returns true if a line matches a filter pattern. All of these conditions must be true:
 * - The line contains all terms without a prefix.
 * - If there are terms with `?`, the line contains at least one of them.
 * - The line contains no term with `-`.
 *
 * Terms are case-sensitive. An empty pattern matches all lines.
 *
 * @throws Refusal if the pattern matches JSON, fields or regular expressions, which the fake does not support
 */
export function matchesPattern(pattern: string, message: string): boolean {
  if (/^\s*[{[%]/.test(pattern)) {
    throw new Refusal('InvalidParameterException', `the filter pattern ${pattern} is not supported`);
  }
  const terms = [...pattern.matchAll(TERM)].map(([, mark, quoted, word]) => ({
    mark,
    text: quoted?.replace(/\\(.)/g, '$1') ?? word,
  }));
  const marked = (mark: string) => terms.filter(term => term.mark === mark);
  const isIn = ({ text }: { readonly text: string }) => message.includes(text);
  return (
    marked('').every(isIn) && !marked('-').some(isIn) && (marked('?').length === 0 || marked('?').some(isIn))
  );
}
