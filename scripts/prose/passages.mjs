import { extractComments } from './comments.mjs';
import { toMarkdown } from './comment-markdown.mjs';
import { verbatim } from './document.mjs';
import {
  hasStrings,
  hasTestNames,
  isCode,
  isDocument,
  isGenerated,
  isSchema,
  parseSource,
} from './sources.mjs';
import { extractDescriptions, extractStrings, extractTestNames } from './strings.mjs';
import { stringToMarkdown } from './string-markdown.mjs';

function stringPassages(file, text, strings) {
  return strings.map(({ start, pieces }) => ({
    file,
    start,
    title: titleOf(file, text, start, 'string'),
    lines: stringToMarkdown(pieces),
  }));
}

const titleOf = (file, text, start, kind) => `${file}:${text.slice(0, start).split('\n').length} ${kind}`;

/**
 * Collects the texts to check in a file, as Markdown.
 *
 * @returns texts of three kinds: `comments`, `strings` and `documents`. `strings` also contains test names,
 * and the descriptions in a schema
 */
export function passagesOf(file, text) {
  if (isDocument(file)) {
    const lines = [];
    let offset = 0;
    for (const line of text.split('\n')) {
      lines.push([verbatim(line, offset)]);
      offset += line.length + 1;
    }
    return { comments: [], strings: [], documents: [{ file, start: 0, lines }] };
  }
  if (isGenerated(text) || !(isCode(file) || isSchema(file)))
    return { comments: [], strings: [], documents: [] };
  const source = parseSource(file, text);
  if (isSchema(file)) {
    return { comments: [], strings: stringPassages(file, text, extractDescriptions(source)), documents: [] };
  }
  return {
    comments: extractComments(source).map(({ start, lines }) => ({
      file,
      start,
      title: titleOf(file, text, start, 'comment'),
      lines: toMarkdown(lines),
    })),
    strings: stringPassages(file, text, [
      ...(hasStrings(file) ? extractStrings(source) : []),
      ...(hasTestNames(file) ? extractTestNames(source) : []),
    ]),
    documents: [],
  };
}
