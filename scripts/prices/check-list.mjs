// Output of `npm run prices -- --check` about the comparison with another price list.
import { comparePrices } from './compare.mjs';
import { explainDisagreements } from './explain.mjs';
import { EXPLANATIONS } from './explained.mjs';
import { singleSourceRows, staleLeftOut } from './single-source.mjs';

/**
 * Compares the project's prices with another list.
 *
 * @param snapshot the other list: `readSnapshot()`
 * @param book the project's prices: `loadPriceBook()`
 * @returns `lines` to print, and `ok`: true if each disagreement is explained and each explanation is of use
 */
export function checkAgainst(snapshot, book) {
  const { compared, disagreements, unconfirmed } = comparePrices(snapshot, book);
  const { explained, unexplained, stale } = explainDisagreements(disagreements, EXPLANATIONS);
  const leftOut = staleLeftOut(snapshot, book);
  const lacking = disagreements.filter(({ ours }) => ours === undefined).length;
  return {
    lines: [
      `prices: ${compared} figures compared with ${snapshot.source} of ${snapshot.published}: ` +
        `${disagreements.length - lacking} differ, ${lacking} more are lacking here, ` +
        `${unexplained.length} of these have no explanation (here / there)`,
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
      ...[...stale, ...leftOut].map(
        ({ id, figure, why }) =>
          `- NOT NEEDED any more in scripts/prices/explained.mjs: ${id}${figure ? ` ${figure}` : ''} (${why})`,
      ),
      `prices: ${unconfirmed.length} figures have no counterpart there; ${singleSourceRows(snapshot, book).length} ` +
        'rows of one source alone are not priced',
    ],
    ok: unexplained.length + stale.length + leftOut.length === 0,
  };
}

/** A line for each key, with its figures here and there. */
function linesOf(disagreements) {
  const byId = new Map();
  for (const { id, figure, ours = 'none', theirs } of disagreements) {
    byId.set(id, [...(byId.get(id) ?? []), `${figure} ${ours} / ${theirs}`]);
  }
  return [...byId].map(([id, figures]) => `    ${id}: ${figures.join(', ')}`);
}
