// textlint rule that limits the number of words in a sentence. Code in backticks counts as one word.
import { split } from 'sentence-splitter';

/** Maximum number of words in a sentence. */
export const MAX_WORDS = 35;
/**
 * Limits for lists that count as one word: minimum number of items, and maximum number of words in an item.
 */
const [LIST_ITEMS, ITEM_WORDS] = [5, 4];

/**
 * Returns the text of a Markdown node. Marks such as `*` become spaces, and code becomes the letters `xxx`.
 * The length of the text does not change.
 */
function maskedText(node, Syntax, getSource) {
  const [start, end] = node.range;
  const characters = new Array(end - start).fill(' ');
  const write = (text, at) =>
    [...Array(text.length).keys()].forEach(index => (characters[at + index] = text[index]));
  const visit = child => {
    const at = child.range[0] - start;
    if (child.type === Syntax.Str) write(getSource(child).replaceAll('\n', ' '), at);
    else if (child.type === Syntax.Code) write('x'.repeat(child.range[1] - child.range[0]), at);
    else child.children?.forEach(visit);
  };
  visit(node);
  return characters.join('');
}

const countWords = text => text.split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).length;

/**
 * Counts the words of a sentence. A list of at least five short items counts as one word, because it is easy
 * to read.
 */
function sentenceWords(sentence) {
  let words = 0;
  let items = [];
  const endList = () => {
    words += items.length >= LIST_ITEMS ? 1 : items.reduce((sum, count) => sum + count, 0);
    items = [];
  };
  for (const part of sentence.split(/[,;]\s/)) {
    const count = countWords(part);
    if (count <= ITEM_WORDS) items.push(count);
    else {
      endList();
      words += count;
    }
  }
  endList();
  return words;
}

export function sentenceLength({ Syntax, RuleError, report, getSource }) {
  const check = node => {
    const text = maskedText(node, Syntax, getSource);
    for (const sentence of split(text)) {
      if (sentence.type !== 'Sentence') continue;
      const words = sentenceWords(sentence.raw);
      if (words <= MAX_WORDS) continue;
      const index = sentence.range[0] + sentence.raw.search(/\S/);
      report(
        node,
        new RuleError(`a sentence of ${words} words: write at most ${MAX_WORDS}, or two sentences`, {
          index,
        }),
      );
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.TableCell]: check };
}
