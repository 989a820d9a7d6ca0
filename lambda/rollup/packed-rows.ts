import { type MutableSums, noSums, type Sums } from './usage-sums';

/**
 * The order of the figures in a row, which is the format:
 * those that are often 0 last. One may be added at the end.
 */
const FIELDS = [
  'count',
  'uncachedInputTokens',
  'outputTokens',
  'picoUsd',
  'latencyCalls',
  'latencyMicros',
  'minLatencyMicros',
  'maxLatencyMicros',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'milliItems',
  'itemTokens',
  'partial',
  'speechInputTokens',
  'speechOutputTokens',
] as const satisfies readonly (keyof Sums)[];

/**
 * Quarter-hours as text: `37:12,4021,880,15263000000;38:…`. A 0 is left out, and so are those at a row's
 * end. As text a row has about 60 bytes; a map of numbers with their names would have more than 200.
 */
export function rowsToText(quarters: ReadonlyMap<number, Sums>): string {
  return [...quarters]
    .sort(([a], [b]) => a - b)
    .map(
      ([quarter, sums]) =>
        `${quarter}:${FIELDS.map(field => (sums[field] ? String(sums[field]) : ''))
          .join(',')
          .replace(/,+$/, '')}`,
    )
    .join(';');
}

/** Quarter-hours again. */
export function rowsFromText(text: string): Map<number, Sums> {
  const quarters = new Map<number, Sums>();
  for (const row of text === '' ? [] : text.split(';')) {
    const colon = row.indexOf(':');
    const figures = row.slice(colon + 1).split(',');
    const sums: MutableSums = noSums();
    FIELDS.forEach((field, index) => {
      const figure = figures[index];
      if (!figure) return;
      if (field === 'picoUsd') sums.picoUsd = BigInt(figure);
      else sums[field] = Number(figure);
    });
    quarters.set(Number(row.slice(0, colon)), sums);
  }
  return quarters;
}
