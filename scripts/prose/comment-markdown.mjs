// Converts a comment to Markdown, which textlint can check. Tags such as `@param` and links become code, and
// the code of examples is omitted.
import { substitute, verbatim } from './document.mjs';

const FENCE = /^\s*(?:```|~~~)/;
const TAG = /^(\s*)@([a-zA-Z]+)\b/;
/**
 * Matches the beginning of a tag, up to its description: `@param name`, for example. Only the description is
 * checked.
 */
const TAG_HEADS = {
  param: /^\s*@param(?:\s+\{[^}]*\})?(?:\s+\[?[\w.$]+(?:=[^\]]*)?\]?)?/,
  typeParam: /^\s*@typeParam\s+\w+/,
  template: /^\s*@template(?:\s+\{[^}]*\})?\s+\w+/,
  other: /^\s*@[a-zA-Z]+(?:\s+\{[^@}][^}]*\})?/,
};
/** Tags with code or a name as their text. This text is not checked. */
const CODE_TAGS = ['see', 'example', 'type', 'typedef', 'import', 'satisfies'];
const INLINE_TAG = /\{@\w+[^}]*\}/g;
/** Matches a link with a label, such as `{@link Target | text}`. Only the label is checked. */
const LABELLED_LINK = /^(\{@\w+\s+[^|}\s]+(?:\s*\|\s*|\s+))([^}]+)\}$/;
const PHRASE = /[A-Za-z]+ [A-Za-z]+ [A-Za-z]+/;

function codeSpan(text, offset) {
  if (text.includes('`')) return [verbatim(text, offset)];
  return [substitute('`', offset), verbatim(text, offset), substitute('`', offset + text.length)];
}

/** Splits text into pieces at links and other inline tags. The tags become code, which is not checked. */
function prosePieces(text, offset) {
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(INLINE_TAG)) {
    pieces.push(verbatim(text.slice(from, match.index), offset + from));
    const [tag] = match;
    const at = offset + match.index;
    const link = LABELLED_LINK.exec(tag);
    if (link) {
      pieces.push(...codeSpan(link[1].trimEnd(), at), substitute(' ', at));
      pieces.push(verbatim(link[2], at + link[1].length));
    } else {
      pieces.push(...codeSpan(tag, at));
    }
    from = match.index + tag.length;
  }
  return [...pieces, verbatim(text.slice(from), offset + from)];
}

/**
 * Returns true if the text of a `@default` tag is a value such as `20`. The text is prose if it begins with a
 * dash, or has three words in a row.
 */
const isValue = (tag, text) => tag === 'default' && !/^\s*-\s/.test(text) && !PHRASE.test(text);

function tagLine({ text, offset }, tag) {
  const head = (TAG_HEADS[tag] ?? TAG_HEADS.other).exec(text)[0];
  const rest = text.slice(head.length);
  const span = codeSpan(head.trimStart(), offset + head.length - head.trimStart().length);
  if (isValue(tag, rest) && rest.trim() !== '') {
    const value = rest.trimStart();
    return [...span, substitute(' ', offset), ...codeSpan(value, offset + text.length - value.length)];
  }
  return [...span, ...prosePieces(rest, offset + head.length)];
}

/**
 * Converts a comment to lines of Markdown.
 *
 * @param lines lines of the comment, each with its text and its offset in the source
 * @returns lines of Markdown, each an array of pieces from document.mjs
 */
export function toMarkdown(lines) {
  const result = [];
  let isInFence = false;
  let isInCode = false;
  for (const line of lines) {
    if (FENCE.test(line.text)) {
      isInFence = !isInFence;
      result.push([]);
      continue;
    }
    if (isInFence) continue;
    const tag = TAG.exec(line.text)?.[2];
    if (tag !== undefined) {
      isInCode = CODE_TAGS.includes(tag);
      result.push([], isInCode ? codeSpan(`@${tag}`, line.offset) : tagLine(line, tag));
    } else if (!isInCode) {
      result.push(prosePieces(line.text, line.offset));
    }
  }
  return result;
}
