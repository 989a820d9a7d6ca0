// Finds explanations of differences between two price lists.

/**
 * Finds an explanation for each difference between two price lists.
 *
 * @param disagreements differences, from `comparePrices`
 * @param explanations entries of `EXPLANATIONS` in explained.mjs
 * @returns
 * - `explained`: each explanation that was used, with the differences that it explains
 * - `unexplained`: differences without an explanation
 * - `stale`: explanations that explain no difference
 */
export function explainDisagreements(disagreements, explanations) {
  const explained = explanations.map(explanation => ({ explanation, disagreements: [] }));
  const unexplained = [];
  for (const disagreement of disagreements) {
    const found = explained.find(({ explanation }) => matches(explanation, disagreement));
    (found?.disagreements ?? unexplained).push(disagreement);
  }
  return {
    explained: explained.filter(({ disagreements: some }) => some.length > 0),
    unexplained,
    stale: explained
      .filter(({ disagreements: some }) => some.length === 0)
      .map(({ explanation }) => explanation),
  };
}

/** Returns true if a text matches a pattern. `*` in the pattern stands for any text. */
export function matchesPattern(pattern, text) {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

function matches({ id, figure = '*', ours, theirs }, disagreement) {
  return (
    matchesPattern(id, disagreement.id) &&
    matchesPattern(figure, disagreement.figure) &&
    (ours === undefined || ours === (disagreement.ours ?? 'none')) &&
    (theirs === undefined || disagreement.theirs === (theirs === 'global' ? disagreement.oursGlobal : theirs))
  );
}
