import type { BilledUsage } from './billed-model';
import { STANDARD } from '../../lambda/pricing/billing-buckets';
import { listedFactor } from '../../lambda/pricing/list-prices/tier-factors';
import { locateModelId } from '../../lambda/pricing/model-id';
import { divideHalfUp, PICO_PER_USD, usdToPico } from '../../lambda/pricing/pico';
import { listedPrices } from '../../lambda/pricing/price-lookup';

/** Number of tokens in one unit of a billed quantity. */
export type UnitTokens = 1 | 1000 | 1_000_000;

/** Amount and quantity of a charge, as text from the bill. */
export interface BilledQuantity {
  /** Amount as decimal text in US dollars. */
  readonly amount: string;
  readonly quantity: string;
  /** Unit of `quantity`, such as `1K tokens`, `1M tokens`, `Units` or `N/A`. */
  readonly unit?: string;
}

const UNITS: readonly UnitTokens[] = [1, 1000, 1_000_000];
/**
 * Names of units with a known number of tokens. `Units` is not listed, because it can mean 1, 1000 or
 * 1,000,000 tokens.
 */
const NAMED_UNITS: readonly (readonly [RegExp, UnitTokens])[] = [
  [/^tokens?$/i, 1],
  [/^(?:1k|1,?000) tokens?$/i, 1000],
  [/^(?:1m|1,?000,?000) tokens?$/i, 1_000_000],
];
/**
 * Maximum factor between the paid price and the list price. Discounts, for example, cause a difference.
 * Possible units differ by a factor of 1000, so a wrong unit exceeds this limit.
 */
const TOLERANCE = 4n;
const TOKENS_PER_RATE = 1_000_000n;

/**
 * Returns the number of tokens in one unit of a billed quantity, or undefined if it is unknown. Without a
 * list price or a paid amount, it is the number that `unit` names. Otherwise, it is the number with which the
 * paid price is close to the list price. If `unit` names a different number, the result is undefined.
 */
export function findUnit(
  usage: BilledUsage,
  day: string,
  { amount, quantity, unit }: BilledQuantity,
): UnitTokens | undefined {
  if (!usage.byTokens || usage.bucket === 'other') return undefined;
  const named = NAMED_UNITS.find(([pattern]) => pattern.test(unit ?? ''))?.[1];
  const [paid, billed] = [usdToPico(amount), usdToPico(quantity)];
  const listed = listedPico(usage, day);
  if (listed === undefined || listed === 0n || paid <= 0n || billed <= 0n) return named;
  const fitting = UNITS.find(tokens => {
    // The prices are compared as products, because a division of integers would round.
    const byList = billed * BigInt(tokens) * listed;
    const asPaid = paid * PICO_PER_USD * TOKENS_PER_RATE;
    return asPaid <= byList * TOLERANCE && asPaid * TOLERANCE >= byList;
  });
  return named === undefined || named === fitting ? fitting : undefined;
}

/**
 * Converts a billed quantity to a whole number of tokens, e.g. "1.5" with the unit 1000 to 1500. The result
 * is negative for a correction.
 */
export function toTokens(quantity: string, unit: UnitTokens): number {
  const scaled = usdToPico(quantity) * BigInt(unit);
  return scaled < 0n
    ? -Number(divideHalfUp(-scaled, PICO_PER_USD))
    : Number(divideHalfUp(scaled, PICO_PER_USD));
}

/**
 * Returns the list price of a million tokens of the billed kind, in pico-dollars. If there is no list price,
 * returns undefined.
 */
function listedPico(
  { models: [model], bucket, scope, tier, longPrompt }: BilledUsage,
  day: string,
): bigint | undefined {
  if (model === undefined || bucket === 'other') return undefined;
  const { parsed } = locateModelId(model);
  const listed = listedPrices(
    { parsed: { ...parsed, scope: scope === 'global' ? 'global' : 'geo' } },
    undefined,
    'in-region',
  );
  const period = listed?.periods.find(
    ({ from, until }) => (from === undefined || day >= from) && (until === undefined || day < until),
  );
  const rate = (longPrompt ? period?.longPrompt?.rates : undefined)?.[bucket] ?? period?.rates[bucket];
  if (rate === undefined) return undefined;
  const { numerator, denominator } = (tier && listedFactor(tier, model)) ?? STANDARD;
  return (usdToPico(rate) * numerator) / denominator;
}
