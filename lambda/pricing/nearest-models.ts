import { parseModelId } from './model-id';
import { pricedModels, priceKey } from './price-book';

/** Below it, two names have no more in common than a vendor or a version. */
const LEAST_LIKENESS = 0.6;
/** Two words that are less alike are two words. */
const LEAST_WORD_LIKENESS = 0.5;
/** How much the words count against the name as a whole, which decides between names with the same words. */
const WORDS_WEIGHT = 0.8;
const COUNT = 3;

/**
 * The models whose names are most like one that is not there: by
 * the words that they share, and by how few characters differ.
 *
 * @param models among which is looked. Default: those that have a price
 * @returns at most three, the most alike first; none where no name is like it
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

/** A name's words: `Claude Haiku 4.5` and `claude-haiku-4-5` are the same. */
export function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '');
}

/**
 * From 0 to 1: how well each wanted word is found in the other
 * name, and a little of how alike the names are as a whole.
 */
function likenessOf(wanted: readonly string[], words: readonly string[]): number {
  if (wanted.length === 0) return 0;
  const found = wanted
    .map(word => Math.max(...words.map(each => sameness(word, each))))
    .filter(likeness => likeness >= LEAST_WORD_LIKENESS);
  const ofWords = found.reduce((sum, likeness) => sum + likeness, 0) / wanted.length;
  return WORDS_WEIGHT * ofWords + (1 - WORDS_WEIGHT) * sameness(wanted.join('-'), words.join('-'));
}

/** What part of the characters is the same. */
function sameness(one: string, other: string): number {
  return one === other ? 1 : 1 - editDistance(one, other) / Math.max(one.length, other.length);
}

/** How many characters are put in, taken away or changed to make one text of another (Levenshtein). */
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
