// Limits the number of words in a sentence. A code span counts as one word.
import { split } from 'sentence-splitter';

/** Maximum number of words in a sentence. */
export const MAX_WORDS = 35;
/** A list counts as one word if it has at least 5 items of at most 4 words each. */
const [LIST_ITEMS, ITEM_WORDS] = [5, 4];

/**
 * Returns the text of a node. Replaces Markdown marks by spaces and code by letters. The length does not
 * change.
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
 * Counts the words of a sentence. A list of short items counts as one word, because readers do not read it
 * word by word.
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
