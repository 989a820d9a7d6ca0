import type { DimensionUse } from './use';

/** A part of an expression: a quoted text loses its quotes. */
interface Part {
  readonly kind: 'name' | 'literal' | 'sign';
  readonly text: string;
}

/**
 * A search's query ends where its statistic begins: it may
 * hold single quotes itself (`:aws.AccountId='LOCAL'`).
 */
const SEARCH = /\bSEARCH\s*\(\s*'(.*?)'\s*,\s*'/gis;
const SELECT = /\bSELECT\b/i;
/** A literal, a quoted name, a bare name (what is not known at synth included), or a sign. */
const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|([\w./#:\uFDD0-]+)|(\S)/g;

/**
 * Property names of a search that are no dimensions (CloudWatch
 * User Guide, "CloudWatch search expression syntax").
 */
const SEARCH_PROPERTIES = ['MetricName', 'Namespace'];
/**
 * In a query, tags and accounts are asked for beside dimensions
 * (CloudWatch User Guide, "Metrics Insights query components and syntax").
 */
const NO_DIMENSION = /^(?::aws\.|AWS\.|tag\.)/i;

/** The dimensions that metric math names: in searches, and in Metrics Insights queries. */
export function usesOfExpression(location: string, expression: string): DimensionUse[] {
  const searches = [...expression.matchAll(SEARCH)].flatMap(([, query]) => usesOfSearch(location, query));
  return SELECT.test(expression) ? [...searches, ...usesOfQueries(location, expression)] : searches;
}

/** The dimensions that a search's query names: `{namespace,dimension,…}`, and `dimension=value`. */
export function usesOfSearch(location: string, query: string): DimensionUse[] {
  const parts = partsOf(query);
  const schemas: string[][] = [];
  const terms: string[] = [];
  let metric: string | undefined;
  let named: string | undefined;
  for (let index = 0; index < parts.length; index += 1) {
    if (isSign(parts[index], '{')) {
      const end = parts.findIndex((part, at) => at > index && isSign(part, '}'));
      schemas.push(namesIn(parts.slice(index, end === -1 ? parts.length : end)));
    } else if (isSign(parts[index + 1], '=') && parts[index].kind !== 'sign') {
      const { text } = parts[index];
      const value = parts.slice(index + 2).find(part => !isSign(part, '('))?.text;
      if (text === 'MetricName') metric = value;
      else if (text === 'Namespace') named = value;
      if (!SEARCH_PROPERTIES.includes(text) && !NO_DIMENSION.test(text)) terms.push(text);
    }
  }
  if (schemas.length === 0) {
    return named === undefined
      ? []
      : [{ location, namespace: named, metric, dimensions: terms, exact: false }];
  }
  return schemas.flatMap(([namespace, ...dimensions]) => [
    { location, namespace, metric, dimensions, exact: true },
    // A term narrows every schema of its search, so where there are several it cannot be told whose it is.
    ...(schemas.length === 1
      ? [
          {
            location,
            namespace,
            metric,
            dimensions: terms.filter(term => !dimensions.includes(term)),
            exact: false,
          },
        ]
      : []),
  ]);
}

/** The dimensions that Metrics Insights queries name: in `SCHEMA`, `WHERE` and `GROUP BY`. */
function usesOfQueries(location: string, expression: string): DimensionUse[] {
  const parts = partsOf(expression);
  const starts = parts.flatMap((part, index) => (isWord(part, 'SELECT') ? [index] : []));
  return starts.flatMap((start, at) => usesOfQuery(location, parts.slice(start, starts[at + 1])));
}

function usesOfQuery(location: string, parts: readonly Part[]): DimensionUse[] {
  const from = parts.findIndex(part => isWord(part, 'FROM'));
  if (from === -1) return [];
  const metric = namesIn(
    parts.slice(
      parts.findIndex(part => isSign(part, '(')),
      from,
    ),
  ).at(0);
  const hasSchema = isWord(parts[from + 1], 'SCHEMA');
  const end = hasSchema ? parts.findIndex((part, index) => index > from && isSign(part, ')')) : from + 1;
  const [namespace, ...dimensions] = namesIn(
    parts.slice(hasSchema ? from + 2 : from + 1, end === -1 ? parts.length : end + 1),
  );
  if (namespace === undefined) return [];
  const rest = end === -1 ? [] : parts.slice(end + 1);
  const asked = [...comparedNames(rest), ...groupedNames(rest)].filter(name => !dimensions.includes(name));
  return [
    ...(hasSchema ? [{ location, namespace, metric, dimensions, exact: true }] : []),
    { location, namespace, metric, dimensions: asked, exact: false },
  ];
}

function comparedNames(parts: readonly Part[]): string[] {
  return parts
    .filter(
      (part, index) =>
        part.kind === 'name' &&
        (isSign(parts[index + 1], '=') || isSign(parts[index + 1], '!')) &&
        isDimension(parts, index),
    )
    .map(part => part.text);
}

function groupedNames(parts: readonly Part[]): string[] {
  const start = parts.findIndex((part, index) => isWord(part, 'GROUP') && isWord(parts[index + 1], 'BY'));
  if (start === -1) return [];
  const after = parts.slice(start + 2);
  const end = after.findIndex(part => isWord(part, 'ORDER') || isWord(part, 'LIMIT'));
  const grouped = end === -1 ? after : after.slice(0, end);
  return grouped
    .filter((part, index) => part.kind === 'name' && isDimension(grouped, index))
    .map(part => part.text);
}

/** Not a tag (`tag.env`, `tag."env"`) and no account (`AWS.AccountId`). */
function isDimension(parts: readonly Part[], index: number): boolean {
  return !NO_DIMENSION.test(parts[index].text) && !/^tag\.$/i.test(parts[index - 1]?.text ?? '');
}

function partsOf(text: string): Part[] {
  return [...text.matchAll(PART)].map(([, literal, quoted, bare, sign]): Part => {
    if (literal !== undefined) return { kind: 'literal', text: literal };
    return sign === undefined ? { kind: 'name', text: quoted ?? bare } : { kind: 'sign', text: sign };
  });
}

function namesIn(parts: readonly Part[]): string[] {
  return parts.filter(part => part.kind === 'name').map(part => part.text);
}

function isSign(part: Part | undefined, sign: string): boolean {
  return part?.kind === 'sign' && part.text === sign;
}

function isWord(part: Part | undefined, word: string): boolean {
  return part?.kind === 'name' && part.text.toUpperCase() === word;
}
