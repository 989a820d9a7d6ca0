// Requires each word of prose to be in a dictionary or in the project's word list.

/** Minimum number of letters in a checked word. Many shorter words are abbreviations. */
const MIN_LENGTH = 4;
/** Matches text that is not a word: an address, path, file, name with an underscore or value of a setting. */
const CODE = /:\/\/|@|\\|_|=|\w\/\w+[/.]|^[.\w-]*\/|\w\.\w|%[a-z]\b|\d[a-z]*\d/;
const WORD = /\p{L}[\p{L}\p{M}]*(?:['’]\p{L}+)*/gu;
const POSSESSIVE = /['’]s?$/;
/** Matches a placeholder directly before or after a word. */
const PLACEHOLDERS = /^X+(?=\p{L})|X+$/gu;

/** Splits `camelCase` and `DynamoDBTable` into words. */
const parts = word => word.split(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);

/** Finds the words of a text that a dictionary does not know, each with its index. */
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

/** Creates the textlint rule that uses a dictionary. */
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
