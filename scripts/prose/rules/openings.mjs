// Refuses comments that begin with a noun clause, such as "What is read" or "Whether it is on".

const WORDS = '(?:what|whether|how|which|where|that|those)';
const OPENING = new RegExp(`^[\\s-]*(${WORDS})\\b`, 'i');
/** Matches a noun clause at the start of a `@throws` text. The name of an error may precede it. */
const THROWS_OPENING = new RegExp(`^[\\s-]*(?:[A-Z]\\w*,?\\s+)?((?:for\\s+)?${WORDS})\\b`);
/** Matches the code span that stands for a tag. The text of the tag follows it. */
const TAG = /^`@([a-zA-Z]+)/;

const ADVICE = {
  throws: '"if" and the condition',
  other: 'a verb in the third person ("Returns …"), a noun, or "True if …"',
};

/** Finds the opening of a comment, or of the text of a tag. */
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
