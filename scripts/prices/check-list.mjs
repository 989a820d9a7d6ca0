// Prints how the prices differ from another list, for `npm run prices -- --check`.
import { comparePrices } from './compare.mjs';
import { explainDisagreements } from './explain.mjs';
import { EXPLANATIONS } from './explained.mjs';
import { singleSourceRows, staleOmissions } from './single-source.mjs';

/**
 * Compares the project's prices with another list.
 *
 * @param snapshot the other list, from `readSnapshot()`
 * @param book the project's prices, from `loadPrices()`
 * @returns `lines` to print, and `ok`. `ok` is true if each disagreement has an explanation, and no entry of
 * explained.mjs is unused
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

/** Returns a line for each key on which the lists disagree, with the figures of both lists. */
function linesOf(disagreements) {
  const byId = new Map();
  for (const { id, figure, ours = 'none', theirs } of disagreements) {
    byId.set(id, [...(byId.get(id) ?? []), `${figure} ${ours} / ${theirs}`]);
  }
  return [...byId].map(([id, figures]) => `    ${id}: ${figures.join(', ')}`);
}
