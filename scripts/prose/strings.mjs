// Finds the strings in code that people read, such as error messages, and finds the names of tests.
import ts from 'typescript';
import { substitute, verbatim } from './document.mjs';

/** Matches three words in a row. A string without them is not checked. */
const PHRASE = /(?:^|[\s("'‘“`>])\p{L}[\p{L}\p{M}'’-]*[,;:]?\s+\p{L}[\p{L}\p{M}'’-]*[,;:]?\s+\p{L}/u;
/** Matches strings that contain code in CSS or JavaScript. They are not checked. */
const CODE = /\{[^{}]*:[^{}]*;[^{}]*\}|=>|\bfunction\s*\(/;
const TEST_FUNCTIONS = new Set(['describe', 'test', 'it']);
const TEST_MODES = new Set(['each', 'only', 'skip', 'failing', 'concurrent', 'todo']);
const ESCAPE = /\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|[^])/g;
const ESCAPED = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', 0: '\0' };
/** Text that replaces each `${…}` in a template literal, because its value is not known. */
const PLACEHOLDER = 'X';

function unescape(escape) {
  const rest = escape.slice(1);
  if (/^[ux]./.test(rest)) return String.fromCodePoint(parseInt(rest.slice(1).replace(/[{}]/g, ''), 16));
  return rest.endsWith('\n') ? '' : (ESCAPED[rest] ?? rest);
}

/**
 * Splits the source text of a string into pieces, and replaces escape sequences such as `\n` by their
 * characters.
 */
function literalPieces(raw, offset) {
  const pieces = [];
  let from = 0;
  for (const match of raw.matchAll(ESCAPE)) {
    pieces.push(verbatim(raw.slice(from, match.index), offset + from));
    pieces.push(substitute(unescape(match[0]), offset + match.index));
    from = match.index + match[0].length;
  }
  return [...pieces, verbatim(raw.slice(from), offset + from)];
}

/**
 * Returns the text of a string literal, a template literal or a concatenation as pieces. Each inserted value
 * becomes `PLACEHOLDER`. Returns undefined for other expressions.
 */
function stringPieces(node, source) {
  const { text } = source;
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
    const start = node.getStart(source) + 1;
    return literalPieces(text.slice(start, node.end - 1), start);
  }
  if (ts.isTemplateExpression(node)) {
    const headStart = node.head.getStart(source) + 1;
    const pieces = literalPieces(text.slice(headStart, node.head.end - 2), headStart);
    for (const { expression, literal } of node.templateSpans) {
      const start = literal.getStart(source) + 1;
      const marks = literal.kind === ts.SyntaxKind.TemplateTail ? 1 : 2;
      pieces.push(substitute(PLACEHOLDER, expression.getStart(source)));
      pieces.push(...literalPieces(text.slice(start, literal.end - marks), start));
    }
    return pieces;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [node.left, node.right].map(side => stringPieces(side, source));
    if (!left && !right) return undefined;
    return [
      ...(left ?? [substitute(PLACEHOLDER, node.left.getStart(source))]),
      ...(right ?? [substitute(PLACEHOLDER, node.right.getStart(source))]),
    ];
  }
  if (ts.isParenthesizedExpression(node)) return stringPieces(node.expression, source);
  return undefined;
}

/** Returns true if the text of a string is prose: it has three words in a row, and is not code. */
function isProse(pieces) {
  const text = pieces.map(piece => piece.text).join('');
  return PHRASE.test(text) && !CODE.test(text);
}

/**
 * Returns `test`, `it` or `describe` if a node is this Jest function. For `test.skip.each(table)`, for
 * example, returns `test`. Returns undefined for other functions.
 */
function testFunction(node) {
  if (ts.isIdentifier(node)) return TEST_FUNCTIONS.has(node.text) ? node.text : undefined;
  if (ts.isCallExpression(node)) return testFunction(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return testFunction(node.tag);
  if (ts.isPropertyAccessExpression(node)) {
    return TEST_MODES.has(node.name.text) ? testFunction(node.expression) : undefined;
  }
  return undefined;
}

const isModuleName = node =>
  ts.isImportDeclaration(node.parent) ||
  ts.isExportDeclaration(node.parent) ||
  ts.isExternalModuleReference(node.parent);

/**
 * Extracts the strings of a source file that people read, such as error messages.
 *
 * @returns strings in the order of the source, each with `start` (its offset) and `pieces` (its text)
 */
export function extractStrings(source) {
  const strings = [];
  const visit = node => {
    const pieces = stringPieces(node, source);
    if (pieces && isProse(pieces) && !isModuleName(node)) {
      strings.push({ start: node.getStart(source), pieces });
    }
    visitValues(node, child => visit(child), pieces !== undefined);
  };
  visit(source);
  return strings;
}

/**
 * Visits the child nodes of an expression. If the expression is a string (`isString`), visits only its
 * inserted values, such as `name` in a template literal with `${name}`.
 */
function visitValues(node, visit, isString) {
  if (!isString) ts.forEachChild(node, visit);
  else if (ts.isTemplateExpression(node)) for (const span of node.templateSpans) visit(span.expression);
  else if (ts.isParenthesizedExpression(node)) visitValues(node.expression, visit, true);
  else if (ts.isBinaryExpression(node)) {
    for (const side of [node.left, node.right]) {
      if (ts.isStringLiteralLike(side)) continue;
      if (isConcatenation(side) || ts.isTemplateExpression(side)) visitValues(side, visit, true);
      else visit(side);
    }
  }
}

const isConcatenation = node =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;

/** Extracts the names of `test`, `it` and `describe` calls from a test file. */
export function extractTestNames(source) {
  const names = [];
  const visit = node => {
    if (ts.isCallExpression(node) && node.arguments.length > 0 && testFunction(node.expression)) {
      const pieces = stringPieces(node.arguments[0], source);
      if (pieces) names.push({ start: node.arguments[0].getStart(source), pieces });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** Extracts the titles and descriptions in a JSON schema. */
export function extractDescriptions(source) {
  const descriptions = [];
  const visit = node => {
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.initializer)) {
      const isDescription = ['title', 'description'].includes(node.name.text);
      const start = node.initializer.getStart(source);
      if (isDescription) descriptions.push({ start, pieces: stringPieces(node.initializer, source) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return descriptions;
}
