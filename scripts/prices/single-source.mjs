// Lists prices that the project does not use, because only one source has them.
import { comparePrices } from './compare.mjs';
import { matchesPattern } from './explain.mjs';
import { OMITTED } from './explained.mjs';

/**
 * Prices that are in the list genai-prices 0.2.3, but neither in LiteLLM's list nor in the project's catalog.
 */
const OTHER_LISTS = [
  ['global.anthropic.claude-fable-5-2', '8', '40', '0.2', '10', '16'],
  ['global.anthropic.claude-mythos-5-2', '8', '40', '0.2', '10', '16'],
  ['us.anthropic.claude-fable-5-2', '8.8', '44', '0.22', '11', '17.6'],
  ['us.anthropic.claude-mythos-5-2', '8.8', '44', '0.22', '11', '17.6'],
].map(([id, input, output, cacheRead, cacheWrite5m, cacheWrite1h]) => ({
  id,
  rates: { input, output, cacheRead, cacheWrite5m, cacheWrite1h },
  source: 'genai-prices 0.2.3',
  asOf: '2026-11-10',
}));

/**
 * Returns the prices that the project does not use because no second source confirms them.
 *
 * @param snapshot LiteLLM's price list, from `readSnapshot()`
 * @param book the project's prices, from `loadPrices()`
 * @returns rows sorted by `id`, the key in the source. Fields of a row:
 * - `source` and `asOf`: name and publication day of the source
 * - `priced`: true if the project has a price of the model, for example in another region
 * - `model`, `scope` and `region`: parts of the key. Absent if the key does not contain them
 * - `rates`, `tierRates` and `longPrompt`: US dollars per million tokens. Absent if the source has no such
 *   price
 * - `perUnit`: US dollars, for example per image. Absent if the source has no such price
 */
export function singleSourceRows(snapshot, book) {
  const { singleSource } = comparePrices(snapshot, book);
  const ofLiteLlm = singleSource
    .filter(({ id }) => !OMITTED.some(({ id: pattern }) => matchesPattern(pattern, id)))
    .map(row => ({ ...row, source: snapshot.source, asOf: snapshot.published }));
  const ofOthers = OTHER_LISTS.map(({ id, ...row }) => {
    const { parsed, geography } = book.locateModelId(id);
    const model = book.priceKey(parsed.model);
    return { id, model, scope: geography ?? parsed.scope, priced: false, ...row };
  }).filter(({ model }) => book.listedMarkets(model).size === 0);
  return [...ofLiteLlm, ...ofOthers].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Returns entries of {@link OMITTED} to delete, because they match no single-source price in LiteLLM's list.
 */
export function staleOmissions(snapshot, book) {
  const { singleSource } = comparePrices(snapshot, book);
  return OMITTED.filter(({ id: pattern }) => !singleSource.some(({ id }) => matchesPattern(pattern, id)));
}
