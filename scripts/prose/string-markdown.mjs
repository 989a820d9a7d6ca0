// Turns the pieces of a string into lines of Markdown that read as the string does: only code spans stay marked.
import { slicePieces } from './document.mjs';

/** Tags of HTML, and characters that Markdown would take for marks. */
const MARKS = /<\/?[a-zA-Z!][^<>]*>|[*<>[\]#|~&\\]/g;

/**
 * Turns a string into lines of Markdown.
 *
 * @param pieces of the string's text
 * @returns lines, each a list of pieces
 */
export function stringToMarkdown(pieces) {
  const text = pieces.map(piece => piece.text).join('');
  const plain = text.replaceAll(MARKS, mark => ' '.repeat(mark.length));
  let [at, from] = [0, 0];
  const readable = pieces.map(piece => {
    from = at;
    at += piece.text.length;
    return { ...piece, text: plain.slice(from, at) };
  });
  const lines = [];
  let start = 0;
  for (const line of plain.split('\n')) {
    const indent = line.length - line.trimStart().length;
    const end = start + line.trimEnd().length;
    lines.push(/^[-=\s]*$/.test(line) ? [] : slicePieces(readable, start + indent, end));
    start += line.length + 1;
  }
  return lines;
}
