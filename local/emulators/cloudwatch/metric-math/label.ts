import type { Query } from './evaluate';
import type { Series } from './values';

/**
 * What a series is called: by the label that it was given,
 * with CloudWatch's dynamic parts filled in, or by its own.
 *
 * @param count how many series the query has: with more than one,
 * a label without dynamic parts stands before each one's own
 */
export function labelOf(series: Series, label: string | undefined, count: number, query: Query): string {
  const own = series.label || query.expression || '';
  if (label === undefined) return own;
  if (label.includes('${')) {
    return label
      .replaceAll(
        /\$\{PROP\('Dim\.([^']+)'\)\}/g,
        (_match, dimension: string) => series.dimensions[dimension] ?? '',
      )
      .replaceAll('${LABEL}', own)
      .replaceAll(/\$\{PROP\('MetricName'\)\}/g, query.metric?.name ?? own)
      .trim();
  }
  return count > 1 ? `${label} ${own}` : label;
}
