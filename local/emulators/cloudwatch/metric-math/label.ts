import type { Query } from './evaluate';
import type { Series } from './values';

/**
 * Returns the label of a series. Without `label`, returns the default label. If `label` contains parts such
 * as `${LABEL}`, returns `label` with these parts filled in. In other cases, returns `label`. If `count` is
 * more than 1, the default label follows.
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
