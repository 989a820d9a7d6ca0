// Converts the text of a string to Markdown, which textlint can check. Characters with a meaning in Markdown
// become spaces, except backticks.
import { slicePieces } from './document.mjs';

/** Matches HTML tags and Markdown characters, which are replaced by spaces. */
const MARKS = /<\/?[a-zA-Z!][^<>]*>|[*<>[\]#|~&\\]/g;

/**
 * Converts the text of a string to lines of Markdown.
 *
 * @param pieces text of the string, as pieces from document.mjs
 * @returns lines of Markdown. Each line is an array of pieces
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
