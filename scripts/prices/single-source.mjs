// Prices that one source has and the project therefore lacks.
import { comparePrices } from './compare.mjs';
import { isLike } from './explain.mjs';
import { LEFT_OUT } from './explained.mjs';

/** Models of other lists than LiteLLM's, each of which one list has. */
const OTHERS = [
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
 * Prices that the project lacks because no second source confirms them.
 *
 * @param snapshot the price list of LiteLLM: `readSnapshot()`
 * @param book the project's prices: `loadPriceBook()`
 * @returns rows in order of `id`, the list's own key. Each has `source` and `asOf`; `model`, `scope` and
 * `region` as far as the key says them; `priced`: true if the model has a price elsewhere, such as in another
 * region; and some of `rates`, `tierRates`, `longPrompt` (US dollars per million tokens) and `perUnit` (US
 * dollars). Prices that are lacking for another reason are left out
 */
export function singleSourceRows(snapshot, book) {
  const { singleSource } = comparePrices(snapshot, book);
  const ofLiteLlm = singleSource
    .filter(({ id }) => !LEFT_OUT.some(({ id: pattern }) => isLike(pattern, id)))
    .map(row => ({ ...row, source: snapshot.source, asOf: snapshot.published }));
  const ofOthers = OTHERS.map(({ id, ...row }) => {
    const { parsed, geography } = book.locateModelId(id);
    const model = book.priceKey(parsed.model);
    return { id, model, scope: geography ?? parsed.scope, priced: false, ...row };
  }).filter(({ model }) => book.listedMarkets(model).size === 0);
  return [...ofLiteLlm, ...ofOthers].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Rows of LiteLLM that {@link LEFT_OUT} names and that are not there any more. */
export function staleLeftOut(snapshot, book) {
  const { singleSource } = comparePrices(snapshot, book);
  return LEFT_OUT.filter(({ id: pattern }) => !singleSource.some(({ id }) => isLike(pattern, id)));
}
