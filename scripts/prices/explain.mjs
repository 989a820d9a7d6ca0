// Matches explanations to price disagreements.

/**
 * Matches explanations to disagreements.
 *
 * @param disagreements disagreements from `comparePrices`
 * @param explanations entries such as those in explained.mjs
 * @returns
 * - `explained`: explanations with their disagreements, in the order of `explanations`
 * - `unexplained`: disagreements without an explanation
 * - `stale`: explanations without a disagreement
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
