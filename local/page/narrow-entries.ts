import type { Filters } from './views';
import { DIMENSIONS } from '../../src/contract';

/** A metric or an expression of a widget, as it is asked of CloudWatch. */
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

/** How a statistic of a total is made from its pairs. An average or a percentile cannot be. */
const MADE_FROM_PAIRS: Readonly<Record<string, string>> = {
  Sum: 'SUM',
  SampleCount: 'SUM',
  Maximum: 'MAX',
  Minimum: 'MIN',
};

/**
 * Narrows a widget to one agent, one model or both: searches get a term more, other agents' metrics are left
 * out, and a total becomes what a search for its pairs finds, added up. What cannot be narrowed is left out,
 * with a note.
 */
export function narrowEntries(
  entries: readonly MetricEntry[],
  filters: Filters,
): { entries: MetricEntry[]; notes: string[] } {
  const chosen = [
    [DIMENSIONS.agentId, filters.agent],
    [DIMENSIONS.model, filters.model],
  ].flatMap(([name, value]) => (name !== undefined && value !== undefined ? [{ name, value }] : []));
  if (chosen.length === 0) return { entries: [...entries], notes: [] };
  const terms = chosen.map(({ name, value }) => ` ${name}="${escaped(value)}"`).join('');
  const notes: string[] = [];
  const gone = new Set<string>();
  const kept = entries.flatMap((entry): MetricEntry[] => {
    if (!entry.metric) return [{ ...entry, expression: narrowSearches(entry.expression ?? '', terms) }];
    const { namespace, name, dimensions, statistic } = entry.metric;
    if (Object.keys(dimensions).length > 0) {
      const others = chosen.some(
        ({ name: dimension, value }) =>
          dimensions[dimension] !== undefined && dimensions[dimension] !== value,
      );
      if (!others && chosen.every(({ name: dimension }) => dimensions[dimension] !== undefined)) {
        return [entry];
      }
      if (!others) {
        notes.push(
          `${name} is not measured by ${chosen.map(each => each.name).join(' and ')}: it is left out.`,
        );
      }
      gone.add(entry.id);
      return [];
    }
    const combine = Object.hasOwn(MADE_FROM_PAIRS, statistic) ? MADE_FROM_PAIRS[statistic] : undefined;
    if (combine === undefined) {
      notes.push(`The ${statistic} of ${name} over all calls cannot be narrowed: it is left out.`);
      gone.add(entry.id);
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
  return { entries: withoutReferences(kept, gone, notes), notes };
}

/** Each search on pairs of agent and model gets terms more. */
function narrowSearches(expression: string, terms: string): string {
  const isPairs = (query: string) =>
    Object.values(DIMENSIONS).every(name => new RegExp(`[{,]\\s*"?${name}"?\\s*[,}]`).test(query));
  return expression.replaceAll(/(SEARCH\(\s*')([^']*)'/g, (match, begin: string, query: string) =>
    isPairs(query) ? `${begin}${query}${terms}'` : match,
  );
}

/** An expression that names what is gone would be refused; an array of ids loses those alone. */
function withoutReferences(
  entries: readonly MetricEntry[],
  gone: Set<string>,
  notes: string[],
): MetricEntry[] {
  return entries.flatMap((entry): MetricEntry[] => {
    if (entry.expression === undefined || gone.size === 0) return [entry];
    const expression = entry.expression.replaceAll(
      /\[([\w\s,]+)\]/g,
      (_match, list: string) =>
        `[${list
          .split(',')
          .map(id => id.trim())
          .filter(id => !gone.has(id))
          .join(', ')}]`,
    );
    const outsideOfText = expression.replaceAll(/'[^']*'|"[^"]*"/g, '');
    const missing = [...gone].find(id => new RegExp(`\\b${id}\\b`).test(outsideOfText));
    if (missing === undefined && !expression.includes('[]')) return [{ ...entry, expression }];
    gone.add(entry.id);
    if (entry.visible && missing !== undefined) {
      notes.push(`${entry.label ?? entry.expression} needs what cannot be narrowed: it is left out.`);
    }
    return [];
  });
}

function escaped(value: string): string {
  return value.replaceAll(/["'\\]/g, '').replaceAll(/[()]/g, '\\$&');
}
