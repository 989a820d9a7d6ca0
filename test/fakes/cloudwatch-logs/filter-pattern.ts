import { Refusal } from '../../../local/emulators/emulators';

/**
 * A term of a filter pattern: a word, or what stands between
 * quotation marks; `-` before it wants it absent, `?` one of several.
 */
const TERM = /([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * Whether a line matches a filter pattern of terms: all of them, at least one of those with
 * `?`, none of those with `-`; upper and lower case differ. An empty pattern matches all.
 *
 * @throws Refusal for patterns of JSON, of fields and of regular expressions, which are not evaluated here
 */
export function matchesPattern(pattern: string, message: string): boolean {
  if (/^\s*[{[%]/.test(pattern)) {
    throw new Refusal('InvalidParameterException', `the filter pattern ${pattern} is not evaluated here`);
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
