import ts from 'typescript';

const LINE_COMMENT = ts.SyntaxKind.SingleLineCommentTrivia;
const BLOCK_COMMENT = ts.SyntaxKind.MultiLineCommentTrivia;
/** Matches comments with instructions for tools, such as `eslint-disable`. They are not checked. */
const PRAGMA =
  /^(?:\/\s*<reference\b|eslint\b|eslint-|prettier-ignore|@ts-|@jest-|@jsx|c8 |v8 |istanbul |[@#]\s*__PURE__|#\s*source)/;
const LICENSE = /^!|@licen[cs]e\b|\bSPDX-License-Identifier\b|\bcopyright \(c\)/i;
/** Maximum number of lines of code that `declarationOf` returns. */
const SHOWN_LINES = 4;

/**
 * Returns a map from the start to the end of each template literal and regular expression. The scanner needs
 * this map, because it cannot find these ends itself.
 */
function literalEnds(source) {
  const ends = new Map();
  const visit = node => {
    switch (node.kind) {
      case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
      case ts.SyntaxKind.TemplateHead:
      case ts.SyntaxKind.TemplateMiddle:
      case ts.SyntaxKind.TemplateTail:
      case ts.SyntaxKind.RegularExpressionLiteral:
        ends.set(node.getStart(source), node.end);
        break;
      default:
        ts.forEachChild(node, visit);
    }
  };
  visit(source);
  return ends;
}

function* scanComments(source) {
  const ends = literalEnds(source);
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, source.languageVariant, source.text);
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const start = scanner.getTokenStart();
    const end = ends.get(start);
    if (end !== undefined) scanner.resetTokenState(end);
    else if (kind === LINE_COMMENT || kind === BLOCK_COMMENT)
      yield { kind, start, end: scanner.getTokenEnd() };
  }
}

/**
 * Splits a block comment into lines, and removes the asterisks. Each line also has its offset in the source.
 */
function blockLines(text, start, end) {
  const lines = [];
  let offset = start;
  for (const line of text.slice(start, end).split('\n')) {
    const opening = offset === start ? /^\/\*+[ \t]?/ : /^[ \t]*(?:\*(?!\/)[ \t]?)?/;
    const from = opening.exec(line)?.[0].length ?? 0;
    lines.push({
      text: line
        .slice(from)
        .replace(/[ \t]*\*+\/$/, '')
        .trimEnd(),
      offset: offset + from,
    });
    offset += line.length + 1;
  }
  return lines;
}

function lineCommentLine(text, { start, end }) {
  const mark = /^\/\/[ \t]?/.exec(text.slice(start, end))[0].length;
  return { text: text.slice(start + mark, end).trimEnd(), offset: start + mark };
}

const isPragma = ({ text }) => PRAGMA.test(text.trimStart());

/**
 * Extracts the comments of a source file. Consecutive `//` lines with the same indentation are one comment.
 * Licences and instructions for tools are omitted.
 *
 * @returns comments in the order of the source, each with these fields:
 * - `start` and `end`: offsets of the comment in the source
 * - `isDoc`: true for a comment that begins with `/**`
 * - `isTrailing`: true if the line has code before the comment
 * - `lines`: text of each line without slashes and asterisks, with its offset in the source
 */
export function extractComments(source) {
  const { text } = source;
  const comments = [];
  for (const { kind, start, end } of scanComments(source)) {
    const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
    const isTrailing = before.trim() !== '';
    if (kind === BLOCK_COMMENT) {
      const isDoc = /^\/\*\*[^/]/.test(text.slice(start, start + 4));
      comments.push({ start, end, isDoc, isTrailing, lines: blockLines(text, start, end) });
      continue;
    }
    const line = lineCommentLine(text, { start, end });
    const last = comments.at(-1);
    if (!isTrailing && last?.indent === before && text.slice(last.end, start) === `\n${before}`) {
      last.lines.push(line);
      last.end = end;
    } else {
      comments.push({
        start,
        end,
        isDoc: false,
        isTrailing,
        lines: [line],
        ...(!isTrailing && { indent: before }),
      });
    }
  }
  return comments
    .map(({ indent: _, ...comment }) => ({
      ...comment,
      lines: comment.lines.filter(line => !isPragma(line)),
    }))
    .filter(({ lines }) => lines.some(line => line.text.trim() !== ''))
    .filter(({ lines }) => !lines.some(line => LICENSE.test(line.text)));
}

/**
 * Finds the syntax node that begins directly after a comment. If several nodes begin there, returns the
 * outermost.
 */
function nodeAfter(source, { start, end }) {
  let found;
  const visit = node => {
    if (node.end <= start || node.pos > start) return;
    if (node !== source && node.pos <= start && node.getStart(source) >= end) found ??= node;
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Returns the offset at which the body of a function, class or interface starts. Undefined if there is no
 * body.
 */
function bodyStart(node) {
  let start;
  const visit = child => {
    if (start !== undefined) return;
    if (ts.isBlock(child) || ts.isModuleBlock(child)) start = child.pos;
    else if (!ts.isTypeNode(child)) ts.forEachChild(child, visit);
  };
  if (ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isEnumDeclaration(node))
    return node.members.pos;
  ts.forEachChild(node, visit);
  return start;
}

/**
 * Returns the code that a comment describes, for example the head of a function. Omits bodies, and returns at
 * most four lines.
 */
export function declarationOf(source, comment) {
  const { text } = source;
  if (comment.isTrailing) {
    return text.slice(text.lastIndexOf('\n', comment.start - 1) + 1, comment.start).trim();
  }
  const node = nodeAfter(source, comment);
  const isFirst = text.slice(0, comment.start).replace(/^#!.*/, '').trim() === '';
  if (
    node === undefined ||
    ts.isImportDeclaration(node) ||
    (isFirst && /^\s*\n\s*\n/.test(text.slice(comment.end)))
  ) {
    return isFirst ? '(the file)' : '(the end of a block)';
  }
  const start = node.getStart(source);
  const lines = text
    .slice(start, bodyStart(node) ?? node.end)
    .trimEnd()
    .split('\n');
  return lines.length > SHOWN_LINES ? `${lines.slice(0, SHOWN_LINES).join('\n')} …` : lines.join('\n');
}
