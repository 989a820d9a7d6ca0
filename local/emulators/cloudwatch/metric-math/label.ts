import type { Query } from './evaluate';
import type { Series } from './values';

/**
 * Returns the label of a series. If the query has a label, this label is used and its dynamic parts are
 * filled in. Otherwise, the default label is used.
 *
 * @param count number of series that the query returned. If there are several and the label has no dynamic
 * parts, each result is the label followed by the default label
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
