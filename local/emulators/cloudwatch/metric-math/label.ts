import type { Query } from './evaluate';
import type { Series } from './values';

/**
 * Returns the label of a series in a widget or a response:
 * - `label` is undefined: the default label.
 * - `label` contains a part such as `${LABEL}`: `label` with these parts filled in.
 * - The query returned several series: `label` and the default label.
 * - All other cases: `label`.
 *
 * @param count number of series that the query returned
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
