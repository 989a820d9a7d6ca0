import type { Filters } from './views';
import { DIMENSIONS } from '../../src/contract';
import {
  formatInsightsQuery,
  type InsightsQuery,
  isInsightsQuery,
  parseInsightsQuery,
} from '../emulators/cloudwatch/metric-math/insights-query';

/** Metric or expression of a widget, with the fields of a GetMetricData query. */
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
 * Metric math function that combines the values of several agents and models into one total, by statistic.
 * Averages and percentiles are absent, because they cannot be combined.
 */
const COMBINING_FUNCTIONS: Readonly<Record<string, string>> = {
  Sum: 'SUM',
  SampleCount: 'SUM',
  Maximum: 'MAX',
  Minimum: 'MIN',
};

/**
 * Limits the metrics of a widget to the agent and the model in `filters`:
 * - A SEARCH expression gets an additional term for each filter.
 * - A Metrics Insights query gets an additional condition for each filter.
 * - A metric of another agent or model is omitted.
 * - A metric without dimensions, such as a total cost, is replaced by a sum over the matching agents and
 *   models.
 * - If a metric cannot be limited, it is omitted, and `notes` contains a sentence about it.
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
    if (isInsightsQuery(entry.expression ?? '')) {
      const expression = narrowInsights(entry.expression ?? '', selected);
      if (expression !== undefined) return [{ ...entry, expression }];
      notes.push(`${entry.label ?? entry.expression} cannot be filtered, so it is omitted.`);
      omitted.add(entry.id);
      return [];
    }
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

/**
 * Adds a condition for each selected dimension to a Metrics Insights query. A query of metrics without
 * dimensions becomes a query of the metrics by agent and model. A query of metrics with other dimensions is
 * not changed. Returns undefined if the query cannot be read.
 */
function narrowInsights(
  expression: string,
  selected: readonly { readonly name: string; readonly value: string }[],
): string | undefined {
  let query: InsightsQuery;
  try {
    query = parseInsightsQuery(expression);
  } catch {
    return undefined;
  }
  const names: readonly string[] = Object.values(DIMENSIONS);
  const dimensions = query.dimensions?.length === 0 ? names : query.dimensions;
  if (dimensions && !names.every(name => dimensions.includes(name))) return expression;
  return formatInsightsQuery({
    ...query,
    dimensions,
    conditions: [
      ...query.conditions,
      ...selected.map(({ name, value }) => ({ dimension: name, isEqual: true, value })),
    ],
  });
}

/** Adds `terms`, such as the agent, to each SEARCH that finds metrics with the dimensions agent and model. */
function narrowSearches(expression: string, terms: string): string {
  const isPairs = (query: string) =>
    Object.values(DIMENSIONS).every(name => new RegExp(`[{,]\\s*"?${name}"?\\s*[,}]`).test(query));
  return expression.replaceAll(/(SEARCH\(\s*')([^']*)'/g, (match, begin: string, query: string) =>
    isPairs(query) ? `${begin}${query}${terms}'` : match,
  );
}

/**
 * Removes the ids in `omitted` from expressions, because CloudWatch rejects an expression with an unknown id.
 * In an array such as `[m1, m2]`, only the id is removed. If nothing is left in the array, or if the id is
 * used outside of an array, the whole expression is omitted.
 */
function withoutReferences(
  entries: readonly MetricEntry[],
  omitted: Set<string>,
  notes: string[],
): MetricEntry[] {
  return entries.flatMap((entry): MetricEntry[] => {
    // A Metrics Insights query cannot refer to other entries.
    if (entry.expression === undefined || omitted.size === 0 || isInsightsQuery(entry.expression)) {
      return [entry];
    }
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
