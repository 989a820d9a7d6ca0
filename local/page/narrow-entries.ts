import type { Filters } from './views';
import { DIMENSIONS } from '../../src/contract';

/** Metric or expression of a widget, in the form of a query to CloudWatch. */
export interface MetricEntry {
  readonly id: string;
  readonly expression?: string;
  readonly metric?: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
    readonly statistic: string;
  };
  readonly label?: string;
  readonly periodSeconds: number;
  readonly visible: boolean;
  readonly yAxis: 'left' | 'right';
  readonly color?: string;
}

/**
 * Metric math functions by statistic. Each calculates a total from the values of all agent and model pairs.
 * Averages and percentiles are absent, because no function can combine them.
 */
const COMBINING_FUNCTIONS: Readonly<Record<string, string>> = {
  Sum: 'SUM',
  SampleCount: 'SUM',
  Maximum: 'MAX',
  Minimum: 'MIN',
};

/**
 * Filters the entries of a widget by `agent` and `model` of `filters`.
 * - A SEARCH gets an additional term for each filter.
 * - A metric of another agent or model is omitted.
 * - A total without dimensions is calculated again, from the agent and model pairs that match.
 * - An entry that cannot be filtered is omitted, and `notes` says so.
 */
export function narrowEntries(
  entries: readonly MetricEntry[],
  filters: Filters,
): { entries: MetricEntry[]; notes: string[] } {
  const selected = [
    [DIMENSIONS.agentId, filters.agent],
    [DIMENSIONS.model, filters.model],
  ].flatMap(([name, value]) => (name !== undefined && value !== undefined ? [{ name, value }] : []));
  if (selected.length === 0) return { entries: [...entries], notes: [] };
  const terms = selected.map(({ name, value }) => ` ${name}="${escapeSearchTerm(value)}"`).join('');
  const notes: string[] = [];
  const omitted = new Set<string>();
  const kept = entries.flatMap((entry): MetricEntry[] => {
    if (!entry.metric) return [{ ...entry, expression: narrowSearches(entry.expression ?? '', terms) }];
    const { namespace, name, dimensions, statistic } = entry.metric;
    if (Object.keys(dimensions).length > 0) {
      const isOfAnother = selected.some(
        ({ name: dimension, value }) =>
          dimensions[dimension] !== undefined && dimensions[dimension] !== value,
      );
      if (!isOfAnother && selected.every(({ name: dimension }) => dimensions[dimension] !== undefined)) {
        return [entry];
      }
      if (!isOfAnother) {
        notes.push(
          `${name} is not measured by ${selected.map(each => each.name).join(' and ')}, so it is omitted.`,
        );
      }
      omitted.add(entry.id);
      return [];
    }
    const combine = Object.hasOwn(COMBINING_FUNCTIONS, statistic)
      ? COMBINING_FUNCTIONS[statistic]
      : undefined;
    if (combine === undefined) {
      notes.push(`The ${statistic} of ${name} over all calls cannot be filtered, so it is omitted.`);
      omitted.add(entry.id);
      return [];
    }
    const search = `{"${namespace}",${Object.values(DIMENSIONS).join(',')}} MetricName="${name}"${terms}`;
    return [
      {
        ...entry,
        metric: undefined,
        expression: `${combine}(SEARCH('${search}', '${statistic}', ${entry.periodSeconds}))`,
        label: entry.label ?? name,
      },
    ];
  });
  return { entries: withoutReferences(kept, omitted, notes), notes };
}

/** Adds terms to each SEARCH expression that finds agent and model pairs. */
function narrowSearches(expression: string, terms: string): string {
  const isPairs = (query: string) =>
    Object.values(DIMENSIONS).every(name => new RegExp(`[{,]\\s*"?${name}"?\\s*[,}]`).test(query));
  return expression.replaceAll(/(SEARCH\(\s*')([^']*)'/g, (match, begin: string, query: string) =>
    isPairs(query) ? `${begin}${query}${terms}'` : match,
  );
}

/**
 * Removes the ids of omitted entries from expressions, because CloudWatch rejects an expression with an
 * unknown id. In an array such as `[m1, m2]`, only the omitted id is removed. If an expression uses an
 * omitted id outside of an array, or if its array becomes empty, the expression is omitted.
 */
function withoutReferences(
  entries: readonly MetricEntry[],
  omitted: Set<string>,
  notes: string[],
): MetricEntry[] {
  return entries.flatMap((entry): MetricEntry[] => {
    if (entry.expression === undefined || omitted.size === 0) return [entry];
    const expression = entry.expression.replaceAll(
      /\[([\w\s,]+)\]/g,
      (_match, list: string) =>
        `[${list
          .split(',')
          .map(id => id.trim())
          .filter(id => !omitted.has(id))
          .join(', ')}]`,
    );
    const withoutQuotedText = expression.replaceAll(/'[^']*'|"[^"]*"/g, '');
    const missing = [...omitted].find(id => new RegExp(`\\b${id}\\b`).test(withoutQuotedText));
    if (missing === undefined && !expression.includes('[]')) return [{ ...entry, expression }];
    omitted.add(entry.id);
    if (entry.visible && missing !== undefined) {
      notes.push(
        `${entry.label ?? entry.expression} uses a metric that cannot be filtered, so it is omitted.`,
      );
    }
    return [];
  });
}

function escapeSearchTerm(value: string): string {
  return value.replaceAll(/["'\\]/g, '').replaceAll(/[()]/g, '\\$&');
}
