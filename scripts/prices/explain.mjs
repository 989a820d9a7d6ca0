// Finds the explanation of each disagreement of prices.

/**
 * @param disagreements of `comparePrices`
 * @param explanations as in explained.mjs
 * @returns `explained`: explanations with their disagreements, in their order; `unexplained`: the other
 * disagreements; `stale`: explanations without one
 */
export function explainDisagreements(disagreements, explanations) {
  const explained = explanations.map(explanation => ({ explanation, disagreements: [] }));
  const unexplained = [];
  for (const disagreement of disagreements) {
    const found = explained.find(({ explanation }) => fits(explanation, disagreement));
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

/** True if a text is as a pattern with `*` says. */
export function isLike(pattern, text) {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

function fits({ id, figure = '*', ours, theirs }, disagreement) {
  return (
    isLike(id, disagreement.id) &&
    isLike(figure, disagreement.figure) &&
    (ours === undefined || ours === (disagreement.ours ?? 'none')) &&
    (theirs === undefined || disagreement.theirs === (theirs === 'global' ? disagreement.oursGlobal : theirs))
  );
}
