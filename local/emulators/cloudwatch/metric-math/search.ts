import type { MetricIdentity } from '../metrics/emf';
import type { MetricStore } from '../metrics/metric-store';

/** What a SEARCH asks for: the exact schema, and for each property the values that it may have. */
interface Search {
  readonly namespace: string;
  readonly dimensions: readonly string[];
  readonly terms: readonly { readonly property: string; readonly values: readonly string[] }[];
  /** Text that must be the name or the value of something. */
  readonly texts: readonly string[];
}

const SCHEMA = /^\s*\{\s*(?:"([^"]+)"|([^",{}\s]+))((?:\s*,\s*(?:"[^"]+"|[^",{}\s]+))*)\s*\}\s*(.*)$/s;
const VALUE = '(?:"[^"]*"|[^\\s()"]+)';
const TERM = new RegExp(
  `^(?:AND\\s+)?("[^"]+"|[A-Za-z0-9_.]+)\\s*=\\s*(${VALUE}|\\(\\s*${VALUE}(?:\\s+OR\\s+${VALUE})*\\s*\\))\\s*`,
);
/** Text without a property. */
const TEXT = /^(?:AND\s+)?("[^"]+")(?!\s*=)\s*/;

/**
 * The metrics that a search finds: those of exactly its schema whose name and dimensions match its terms.
 *
 * @throws for a search without a schema, and for terms other than
 * `Property="value"`, `Property=("a" OR "b")` and `"text"` joined by AND or a space
 */
export function searchMetrics(query: string, store: MetricStore): MetricIdentity[] {
  const search = parseSearch(query);
  const schema = [...search.dimensions].sort().join('\n');
  return store
    .list(search.namespace)
    .filter(metric => Object.keys(metric.dimensions).sort().join('\n') === schema)
    .filter(metric =>
      search.terms.every(({ property, values }) =>
        values.includes(property === 'MetricName' ? metric.name : metric.dimensions[property]),
      ),
    )
    .filter(metric =>
      search.texts.every(text => [metric.name, ...Object.entries(metric.dimensions).flat()].includes(text)),
    )
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/**
 * What tells a search's results apart: the dimension values
 * in order of the schema, after the name where names differ.
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
  const terms: { property: string; values: string[] }[] = [];
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
    if (!term) throw new Error(`cannot read the search from ${rest}`);
    terms.push({
      property: unquote(term[1]),
      values: [...term[2].matchAll(/"[^"]*"|[^\s()"]+/g)]
        .map(([value]) => value)
        .filter(value => value !== 'OR')
        .map(unquote),
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

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\([()])/g, '$1') : text;
}

function orderOf(metric: MetricIdentity): string {
  return `${metric.name}\n${Object.values(metric.dimensions).join('\n')}`;
}
