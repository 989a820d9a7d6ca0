// Compares the project's prices with another price list and prints the differences, for
// `npm run prices -- --check`.
import { comparePrices } from './compare.mjs';
import { explainDisagreements } from './explain.mjs';
import { EXPLANATIONS } from './explained.mjs';
import { singleSourceRows, staleOmissions } from './single-source.mjs';

/**
 * Compares the project's prices with another price list.
 *
 * @param snapshot the other price list, from `readSnapshot()`
 * @param book the project's prices, from `loadPrices()`
 * @returns `lines` to print, and `ok`. `ok` is true if explained.mjs explains each difference, and each
 * explanation is needed
 */
export function checkAgainst(snapshot, book) {
  const { compared, disagreements, unconfirmed } = comparePrices(snapshot, book);
  const { explained, unexplained, stale } = explainDisagreements(disagreements, EXPLANATIONS);
  const omissions = staleOmissions(snapshot, book);
  const missing = disagreements.filter(({ ours }) => ours === undefined).length;
  return {
    lines: [
      `prices: ${compared} figures compared with ${snapshot.source} of ${snapshot.published}: ` +
        `${disagreements.length - missing} differ, ${missing} are missing here, ` +
        `${unexplained.length} of them are unexplained (here / there)`,
      ...explained.flatMap(({ explanation: { why, source }, disagreements: some }) => [
        `- ${why} (${source})`,
        ...linesOf(some),
      ]),
      ...(unexplained.length > 0
        ? [
            '- NO EXPLANATION: correct the figure, or explain it in scripts/prices/explained.mjs',
            ...linesOf(unexplained),
          ]
        : []),
      ...[...stale, ...omissions].map(
        ({ id, figure, why }) =>
          `- NOT NEEDED in scripts/prices/explained.mjs: ${id}${figure ? ` ${figure}` : ''} (${why})`,
      ),
      `prices: ${unconfirmed.length} figures are only here; ${singleSourceRows(snapshot, book).length} ` +
        'rows with a single source are not priced',
    ],
    ok: unexplained.length + stale.length + omissions.length === 0,
  };
}

/**
 * Renders a line for each model id with different prices. It contains the project's price and the other
 * price.
 */
function linesOf(disagreements) {
  const byId = new Map();
  for (const { id, figure, ours = 'none', theirs } of disagreements) {
    byId.set(id, [...(byId.get(id) ?? []), `${figure} ${ours} / ${theirs}`]);
  }
  return [...byId].map(([id, figures]) => `    ${id}: ${figures.join(', ')}`);
}
