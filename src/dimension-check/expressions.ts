/** Dimensions of a metric or search in a template, with their location. */
export interface DimensionUse {
  /** Property of the resource that contains the dimensions, such as `Properties.Dimensions`. */
  readonly location: string;
  readonly namespace: string;
  readonly metric?: string;
  /** Names of the dimensions. In a name, a placeholder replaces the part that is known only at deployment. */
  readonly dimensions: readonly string[];
  /**
   * True if the metric has these dimensions and no others. False for a filter, which can match metrics with
   * other dimensions.
   */
  readonly exact: boolean;
}

/** Word or sign of an expression, e.g. `AgentId` or `=`. `text` does not include quotes. */
interface Part {
  readonly kind: 'name' | 'literal' | 'sign';
  readonly text: string;
}

/**
 * Pattern of a `SEARCH` function in metric math. The group is the query, e.g.
 * `{OPX/Analytics,AgentId,Model}`. The query can contain quotes, as in `:aws.AccountId='LOCAL'`.
 */
const SEARCH = /\bSEARCH\s*\(\s*'(.*?)'\s*,\s*'/gis;
const SELECT = /\bSELECT\b/i;
/**
 * Pattern of one part of an expression. The groups are: a literal in single quotes, a name in double quotes,
 * a name without quotes, and a sign.
 */
const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|([\w./#:\uFDD0-]+)|(\S)/g;

/**
 * Names before `=` in a search that are not dimensions (CloudWatch User Guide, "CloudWatch search expression
 * syntax").
 */
const SEARCH_PROPERTIES = ['MetricName', 'Namespace'];
/**
 * Pattern of tag names and account names in a query, such as `tag.env` or `AWS.AccountId`. These names are
 * not dimensions (CloudWatch User Guide, "Metrics Insights query components and syntax").
 */
const NOT_A_DIMENSION = /^(?::aws\.|AWS\.|tag\.)/i;

/**
 * Returns the dimensions in a metric math expression: in its `SEARCH` functions, and in its Metrics Insights
 * queries.
 */
export function findUsesInExpression(location: string, expression: string): DimensionUse[] {
  const searches = [...expression.matchAll(SEARCH)].flatMap(([, query]) => findUsesInSearch(location, query));
  return SELECT.test(expression) ? [...searches, ...findUsesInQueries(location, expression)] : searches;
}

/**
 * Returns the dimensions in the query of a `SEARCH` function: in `{namespace,dimension,…}` and before `=`.
 */
export function findUsesInSearch(location: string, query: string): DimensionUse[] {
  const parts = parseParts(query);
  const schemas: string[][] = [];
  const terms: string[] = [];
  let metric: string | undefined;
  let namespaceTerm: string | undefined;
  for (let index = 0; index < parts.length; index += 1) {
    if (isSign(parts[index], '{')) {
      const end = parts.findIndex((part, at) => at > index && isSign(part, '}'));
      schemas.push(namesIn(parts.slice(index, end === -1 ? parts.length : end)));
    } else if (isSign(parts[index + 1], '=') && parts[index].kind !== 'sign') {
      const { text } = parts[index];
      const value = parts.slice(index + 2).find(part => !isSign(part, '('))?.text;
      if (text === 'MetricName') metric = value;
      else if (text === 'Namespace') namespaceTerm = value;
      if (!SEARCH_PROPERTIES.includes(text) && !NOT_A_DIMENSION.test(text)) terms.push(text);
    }
  }
  if (schemas.length === 0) {
    return namespaceTerm === undefined
      ? []
      : [{ location, namespace: namespaceTerm, metric, dimensions: terms, exact: false }];
  }
  return schemas.flatMap(([namespace, ...dimensions]) => [
    { location, namespace, metric, dimensions, exact: true },
    // If the search has several `{…}` parts, ignores the dimensions before `=`. Each of them could belong to
    // any `{…}` part.
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

/** Returns the dimensions in Metrics Insights queries: in `SCHEMA`, `WHERE` and `GROUP BY`. */
function findUsesInQueries(location: string, expression: string): DimensionUse[] {
  const parts = parseParts(expression);
  const starts = parts.flatMap((part, index) => (isWord(part, 'SELECT') ? [index] : []));
  return starts.flatMap((start, at) => findUsesInQuery(location, parts.slice(start, starts[at + 1])));
}

function findUsesInQuery(location: string, parts: readonly Part[]): DimensionUse[] {
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
  const conditions = [...comparedNames(rest), ...groupedNames(rest)].filter(
    name => !dimensions.includes(name),
  );
  return [
    ...(hasSchema ? [{ location, namespace, metric, dimensions, exact: true }] : []),
    { location, namespace, metric, dimensions: conditions, exact: false },
  ];
}

/** Returns the dimensions before `=` or `!=` in a query, e.g. `AgentId` in `WHERE AgentId = 'support'`. */
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

/** Returns the dimensions after `GROUP BY` in a query. */
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

/**
 * Returns true if the name at `index` is a dimension. Returns false for tags (`tag.env`, `tag."env"`) and for
 * `AWS.AccountId`.
 */
function isDimension(parts: readonly Part[], index: number): boolean {
  return !NOT_A_DIMENSION.test(parts[index].text) && !/^tag\.$/i.test(parts[index - 1]?.text ?? '');
}

function parseParts(text: string): Part[] {
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
