// textlint rule that finds words that are neither in a dictionary nor in words.txt.

/**
 * Minimum number of letters in a word that is checked. Many words of up to three letters are abbreviations.
 */
const MIN_LENGTH = 4;
/**
 * Matches text that is code and not a word, such as a path, an address, `a=b` or a name with an underscore.
 */
const CODE = /:\/\/|@|\\|_|=|\w\/\w+[/.]|^[.\w-]*\/|\w\.\w|%[a-z]\b|\d[a-z]*\d/;
const WORD = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*/gu;
const POSSESSIVE = /['’]s?$/;
/** Matches the placeholder `X` directly before or after a word. In strings, `X` replaces each `${…}`. */
const PLACEHOLDERS = /^X+(?=\p{L})|X+$/gu;

/** Splits a name at its capital letters, for example `DynamoDBTable` into `Dynamo`, `DB` and `Table`. */
const parts = word => word.split(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);

/** Returns the words of a text that are not in a dictionary, each with its index in the text. */
export function misspelled(text, isKnown) {
  const found = [];
  for (const { 0: token, index } of text.matchAll(/\S+/g)) {
    if (CODE.test(token.replace(/[.,;:!?)\]]+$/, ''))) continue;
    for (const match of token.matchAll(WORD)) {
      const word = match[0].replaceAll('’', "'").replace(POSSESSIVE, '');
      if (word.length < MIN_LENGTH || isKnown(word)) continue;
      const unknown = parts(word.replace(PLACEHOLDERS, '')).filter(
        part => part.length >= MIN_LENGTH && !isKnown(part),
      );
      if (unknown.length > 0) found.push({ word, index: index + match.index });
    }
  }
  return found;
}

/** Creates the textlint rule for spelling, with the functions of `loadDictionary()`. */
export const spelling = ({ isKnown, suggest }) =>
  function checkSpelling({ Syntax, RuleError, report, getSource }) {
    return {
      [Syntax.Str](node) {
        for (const { word, index } of misspelled(getSource(node), isKnown)) {
          const similar = suggest(word);
          const advice = similar.length > 0 ? `write ${similar.join(' or ')}, or ` : '';
          const message = `"${word}" is in no dictionary: ${advice}add it to scripts/prose/words.txt`;
          report(node, new RuleError(message, { index }));
        }
      },
    };
  };
