// Finds words that names must not contain, and suggests other words. Checks the names of files, variables and
// keys.
import ts from 'typescript';
import { hasStrings, isCode, isGenerated, parseSource } from './sources.mjs';

/**
 * Patterns of words that names must not contain, each with the words to use instead. The patterns match the
 * separate words of a name, such as `sealed days` for `sealedDays`.
 */
const REPLACED = [
  [/\b(?:re|un)?seal(?:s|ed|er|ing)?\b/, 'rollup'],
  [/\bmend(?:s|ed|ing)?\b/, 'fix'],
  [/\bdear(?:er|est)?\b/, 'top or mostExpensive'],
  [/\bstand ?ins?\b/, 'emulator or fake'],
  [/\bfutures\b/, 'simulations'],
  [/(?<!\bone )\bhour writes?\b/, 'cacheWrite1h or cacheTtlBreakEven'],
  [/\bannounced?\b/, 'dayIndex'],
  [/\bdirector(?:y|ies)\b/, 'dayIndex, or folder if it is one'],
  [/\b(?:told|tells?)\b/, 'notified, known, or a verb'],
  [/\bdoors?\b/, 'entryPoint'],
  [/\bwalls?\b(?! (?:clock|time))/, 'moduleBoundary'],
  [/\b(?:take[ns]?|took|taking) in\b/, 'ingest or record'],
  [/\b(?:whom|thereof)\b/, 'a plain word'],
  [/\bnine in ten\b/, 'p90'],
];

/**
 * Names that may contain a word of `REPLACED`, because the word has another meaning in them. `place` is a
 * file or a folder. An entry without `name` applies to all names in `place`.
 */
export const ALLOWED = [
  {
    place: 'local/preview/assembly.ts',
    name: 'directoryName',
    reason: 'a property in the manifest of a cloud assembly',
  },
  { place: 'test/cli/renames/', reason: 'the names before they were replaced' },
  {
    place: 'test/scripts/prices/snapshot.test.ts',
    name: 'directory',
    reason: 'the central directory of a ZIP archive',
  },
];

/**
 * Splits a name into lower-case words: `sealedDays`, `SEALED_DAYS` and `sealed-days` all become `sealed
 * days`.
 */
export const wordsOf = name =>
  name
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .toLowerCase();

const isAllowed = (file, name) =>
  ALLOWED.some(
    allowed =>
      (file === allowed.place || (allowed.place.endsWith('/') && file.startsWith(allowed.place))) &&
      (allowed.name === undefined || allowed.name === name),
  );

/**
 * Returns the words to use instead of a word in a name. Returns undefined if the name has no word of {@link
 * REPLACED}, or is an exception.
 */
export function replacementOf(name, file) {
  const words = wordsOf(name);
  const [, advice] = REPLACED.find(([pattern]) => pattern.test(words)) ?? [];
  return advice !== undefined && !isAllowed(file, name) ? advice : undefined;
}

const isIdentifier = node => ts.isIdentifier(node) || ts.isPrivateIdentifier(node);

/** Returns true if a node is a string that may be the key of an item or a property, such as `ROLLUP#`. */
const isKey = node => ts.isStringLiteralLike(node) && /^[\w#:.$-]+$/.test(node.text);
const isModuleName = ({ parent }) => ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);

/**
 * Returns true if a node declares a name that its file chooses. In `import { a as b }`, the file chooses `b`.
 * In `import { a }`, another file has chosen `a`.
 */
function declaresName(node) {
  if (!node.name || !(isIdentifier(node.name) || ts.isStringLiteral(node.name))) return false;
  if (ts.isPropertyAccessExpression(node) || ts.isMetaProperty(node)) return false;
  if (ts.isShorthandPropertyAssignment(node)) return false;
  const isImported = ts.isImportSpecifier(node) || ts.isExportSpecifier(node);
  const isTakenApart = ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent);
  return !(isImported || isTakenApart) || node.propertyName !== undefined;
}

/**
 * Lists the names that a source file chooses, with their offsets. If `withKeys` is true, also lists strings
 * that may be keys.
 */
function namesOf(source, withKeys) {
  const names = [];
  const visit = node => {
    if (declaresName(node)) names.push(node.name);
    else if (withKeys && isKey(node) && !isModuleName(node) && node.parent.name !== node) names.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names.map(name => ({ text: name.text, start: name.getStart(source) }));
}

/**
 * Finds words that must not be used in the name of a file, and in the names that the file chooses.
 *
 * @returns findings, each with its offset in the file
 */
export function checkNames(file, text) {
  const findings = [];
  const check = (name, start) => {
    const advice = replacementOf(name, file);
    if (advice) findings.push({ rule: 'names', file, offset: start, message: `${name}: write ${advice}` });
  };
  check(file, 0);
  if (isCode(file) && !isGenerated(text)) {
    for (const name of namesOf(parseSource(file, text), hasStrings(file))) check(name.text, name.start);
  }
  return findings;
}
