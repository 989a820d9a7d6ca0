import type { MetricIdentity } from '../metrics/emf';
import type { MetricStore } from '../metrics/metric-store';

/**
 * Value in a SEARCH term. If `isExact` is true, the property must equal `text`. Otherwise, the property must
 * contain the words of `text`.
 */
interface TermValue {
  readonly text: string;
  readonly isExact: boolean;
}

/** Parsed SEARCH expression. A metric matches if it meets the conditions of all fields. */
interface Search {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly terms: readonly { readonly property: string; readonly values: readonly TermValue[] }[];
  /**
   * Quoted texts without a property, such as `"errors"` in place of `MetricName="errors"`. Each text must
   * equal the metric's name, one of its dimension names or one of its dimension values.
   */
  readonly texts: readonly string[];
}

const SCHEMA = /^\s*\{\s*(?:"([^"]+)"|([^",{}\s]+))((?:\s*,\s*(?:"[^"]+"|[^",{}\s]+))*)\s*\}\s*(.*)$/s;
const VALUE = '(?:"[^"]*"|[^\\s()"]+)';
const TERM = new RegExp(
  `^(?:AND\\s+)?("[^"]+"|[A-Za-z0-9_.]+)\\s*=\\s*(${VALUE}|\\(\\s*${VALUE}(?:\\s+OR\\s+${VALUE})*\\s*\\))\\s*`,
);
/**
 * Matches one word of a name: a word in camel case, an abbreviation or a number. SEARCH compares names word
 * by word (User Guide, "CloudWatch search expression syntax").
 */
const TOKENS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g;
/**
 * Matches a quoted text such as `"errors"`. A quoted text before `=` is a property name and is not matched.
 */
const TEXT = /^(?:AND\s+)?("[^"]+")(?!\s*=)\s*/;

/**
 * Returns the metrics that match a SEARCH expression, such as `{Namespace,Dimension} MetricName="Cost"`. A
 * metric must have this namespace, exactly these dimension names, and match all terms.
 *
 * @throws if the search does not begin with a namespace in braces, or if a term has an unsupported form.
 * Supported forms are `Property="value"`, `Property=part`, `Property=("a" OR "b")` and `"text"`, joined by
 * AND or a space
 */
export function searchMetrics(query: string, store: MetricStore): MetricIdentity[] {
  const search = parseSearch(query);
  const schema = [...search.dimensions].sort().join('\n');
  return store
    .list(search.namespace)
    .filter(metric => Object.keys(metric.dimensions).sort().join('\n') === schema)
    .filter(metric =>
      search.terms.every(({ property, values }) =>
        matchesAny(values, property === 'MetricName' ? metric.name : metric.dimensions[property]),
      ),
    )
    .filter(metric =>
      search.texts.every(text => [metric.name, ...Object.entries(metric.dimensions).flat()].includes(text)),
    )
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/**
 * Returns a label for each found metric: its dimension values, joined by spaces. If the metrics have
 * different names, each label begins with the metric name.
 */
export function searchLabels(found: readonly MetricIdentity[]): string[] {
  const named = new Set(found.map(metric => metric.name)).size > 1;
  return found.map(
    metric => [...(named ? [metric.name] : []), ...Object.values(metric.dimensions)].join(' ') || metric.name,
  );
}

function parseSearch(query: string): Search {
  const match = SCHEMA.exec(query);
  if (!match) throw new Error('a SEARCH must name its schema in braces');
  const terms: { property: string; values: TermValue[] }[] = [];
  const texts: string[] = [];
  let rest = match[4];
  while (rest !== '') {
    const text = TEXT.exec(rest);
    if (text) {
      texts.push(unquote(text[1]));
      rest = rest.slice(text[0].length);
      continue;
    }
    const term = TERM.exec(rest);
    if (!term) throw new Error(`the search has an unsupported term: ${rest}`);
    terms.push({
      property: unquote(term[1]),
      values: [...term[2].matchAll(/"[^"]*"|[^\s()"]+/g)]
        .map(([value]) => value)
        .filter(value => value !== 'OR')
        .map(value => ({ text: unquote(value), isExact: value.startsWith('"') })),
    });
    rest = rest.slice(term[0].length);
  }
  return {
    namespace: match[1] ?? match[2],
    dimensions: match[3]
      .split(',')
      .map(name => unquote(name.trim()))
      .filter(name => name !== ''),
    terms,
    texts,
  };
}

function matchesAny(values: readonly TermValue[], actual: string | undefined): boolean {
  if (actual === undefined) return false;
  return values.some(({ text, isExact }) => (isExact ? text === actual : hasTokens(actual, text)));
}

/**
 * Returns true if `text` contains the words of `part` in the same order, with no other word between them.
 * Example: `DailyTotalCost` contains `TotalCost`. Case is ignored only if `part` is a single word.
 */
function hasTokens(text: string, part: string): boolean {
  const tokens: readonly string[] = text.match(TOKENS) ?? [];
  const wanted: readonly string[] = part.match(TOKENS) ?? [];
  if (wanted.length === 1) {
    return tokens.some(token => token.toLowerCase() === wanted[0].toLowerCase());
  }
  return tokens.some((_, first) => wanted.every((token, index) => token === tokens[first + index]));
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\([()])/g, '$1') : text;
}

function sortKey(metric: MetricIdentity): string {
  return `${metric.name}\n${Object.values(metric.dimensions).join('\n')}`;
}
