// textlint rule that forbids comments such as "What is read" or "Whether it is on", which begin with a noun
// clause.

const WORDS = '(?:what|whether|how|which|where|that|those)';
const OPENING = new RegExp(`^[\\s-]*(${WORDS})\\b`, 'i');
/**
 * Matches a word such as `that` at the start of a `@throws` text. The name of an error may come before the
 * word.
 */
const THROWS_OPENING = new RegExp(`^[\\s-]*(?:[A-Z]\\w*,?\\s+)?((?:for\\s+)?${WORDS})\\b`);
/**
 * Matches a tag such as `@throws` at the start of a paragraph. In the Markdown of a comment, a tag is code.
 */
const TAG = /^`@([a-zA-Z]+)/;

const ADVICE = {
  throws: '"if" and the condition',
  other: 'a verb in the third person ("Returns …"), a noun, or "True if …"',
};

/**
 * Returns the text at the start of a paragraph, without a tag such as `@throws`. Returns undefined if the
 * paragraph has no tag and is not the first one of its comment.
 */
function findOpening(node, getSource) {
  const [first, ...others] = node.children;
  const tag = first?.type === 'Code' ? TAG.exec(getSource(first))?.[1] : undefined;
  if (tag !== undefined) {
    const isErrorName = others[1]?.type === 'Code' && getSource(others[0]).trim() === '';
    const text = tag === 'throws' && isErrorName ? others[2] : others[0];
    return text?.type === 'Str' ? { tag, text } : undefined;
  }
  const siblings = node.parent.children;
  const isFirst = siblings[siblings.indexOf(node) - 1]?.type === 'Header';
  return isFirst && first?.type === 'Str' ? { text: first } : undefined;
}

export function openings({ Syntax, RuleError, report, getSource }) {
  return {
    [Syntax.Paragraph](node) {
      if (node.parent.type !== Syntax.Document) return;
      const { tag, text } = findOpening(node, getSource) ?? {};
      const match = text && (tag === 'throws' ? THROWS_OPENING : OPENING).exec(getSource(text));
      if (!match) return;
      const begins = `${tag ? `@${tag}` : 'a comment'} begins with "${match[1]}"`;
      const advice = ADVICE[tag] ?? ADVICE.other;
      report(
        text,
        new RuleError(`${begins}: begin with ${advice}`, { index: match[0].length - match[1].length }),
      );
    },
  };
}
