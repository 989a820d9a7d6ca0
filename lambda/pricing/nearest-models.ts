import { parseModelId } from './model-id';
import { pricedModels, priceKey } from './price-lookup';

/**
 * Minimum likeness of a suggested name, from 0 to 1. Names with a lower likeness have only a vendor or a
 * version in common.
 */
const LEAST_LIKENESS = 0.6;
/** Minimum likeness, from 0 to 1, at which two words count as the same word. */
const LEAST_WORD_LIKENESS = 0.5;
/**
 * Weight of similar words in `likenessOf`, from 0 to 1. The likeness of the whole names has the weight 0.2.
 */
const WORDS_WEIGHT = 0.8;
/** Maximum number of suggestions. */
const COUNT = 3;

/**
 * Returns the models whose names are most similar to an unknown name, for the question `Did you mean …?`.
 *
 * @param models models to choose from. Default: all models with a price
 * @returns at most three models, the most similar model first
 */
export function nearestModels(name: string, models: readonly string[] = pricedModels()): string[] {
  const wanted = wordsOf(priceKey(parseModelId(name).model));
  return models
    .map(model => ({ model, likeness: likenessOf(wanted, wordsOf(model)) }))
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .sort((one, other) => other.likeness - one.likeness || (one.model < other.model ? -1 : 1))
    .slice(0, COUNT)
    .map(({ model }) => model);
}

/** Splits a name into words. `Claude Haiku 4.5` and `claude-haiku-4-5` have the same words. */
export function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '');
}

/** Returns the likeness of two names, from 0 to 1. Each argument contains the words of one name. */
function likenessOf(wanted: readonly string[], words: readonly string[]): number {
  if (wanted.length === 0) return 0;
  const found = wanted
    .map(word => Math.max(...words.map(each => sameness(word, each))))
    .filter(likeness => likeness >= LEAST_WORD_LIKENESS);
  const ofWords = found.reduce((sum, likeness) => sum + likeness, 0) / wanted.length;
  return WORDS_WEIGHT * ofWords + (1 - WORDS_WEIGHT) * sameness(wanted.join('-'), words.join('-'));
}

/** Returns the likeness of two texts, from 0 to 1. Equal texts have the likeness 1. */
function sameness(one: string, other: string): number {
  return one === other ? 1 : 1 - editDistance(one, other) / Math.max(one.length, other.length);
}

/** Returns the Levenshtein distance of two texts. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length];
}
