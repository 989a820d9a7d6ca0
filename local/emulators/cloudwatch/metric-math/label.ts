import type { Query } from './evaluate';
import type { Series } from './values';

/**
 * Returns the label of a series: the label of its query, with dynamic parts filled in, or its default label.
 *
 * @param count number of series of the query. If there are several, a label without dynamic parts is put
 * before the default label of each.
 */
export function labelOf(series: Series, label: string | undefined, count: number, query: Query): string {
  const defaultLabel = series.label || query.expression || '';
  if (label === undefined) return defaultLabel;
  if (label.includes('${')) {
    return label
      .replaceAll(
        /\$\{PROP\('Dim\.([^']+)'\)\}/g,
        (_match, dimension: string) => series.dimensions[dimension] ?? '',
      )
      .replaceAll('${LABEL}', defaultLabel)
      .replaceAll(/\$\{PROP\('MetricName'\)\}/g, query.metric?.name ?? defaultLabel)
      .trim();
  }
  return count > 1 ? `${label} ${defaultLabel}` : label;
}
