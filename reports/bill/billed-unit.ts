import type { BilledUsage } from './billed-model';
import { STANDARD } from '../../lambda/pricing/billing-buckets';
import { listedFactor } from '../../lambda/pricing/list-prices/tier-factors';
import { locateModelId } from '../../lambda/pricing/model-id';
import { divideHalfUp, PICO_PER_USD, usdToPico } from '../../lambda/pricing/pico';
import { listedPrices } from '../../lambda/pricing/price-lookup';

/** Number of tokens in one billed unit. */
export type UnitTokens = 1 | 1000 | 1_000_000;

/** Billed amount and quantity, as they are written on the bill. */
export interface BilledQuantity {
  /** Amount as a decimal of US dollars. */
  readonly amount: string;
  readonly quantity: string;
  /** Name of the unit, such as `1K tokens`, `1M tokens`, `Units` or `N/A`. */
  readonly unit?: string;
}

const UNITS: readonly UnitTokens[] = [1, 1000, 1_000_000];
/**
 * Names of units that define a number of tokens. The name `Units` is missing here, because bills use it for
 * all three numbers.
 */
const NAMED_UNITS: readonly (readonly [RegExp, UnitTokens])[] = [
  [/^tokens?$/i, 1],
  [/^(?:1k|1,?000) tokens?$/i, 1000],
  [/^(?:1m|1,?000,?000) tokens?$/i, 1_000_000],
];
/**
 * Maximum factor between the paid price and the list price. Discounts, other regions and long prompts make
 * the two prices different. AWS units differ by a factor of 1000, so at most one unit is within this limit.
 */
const TOLERANCE = 4n;
const TOKENS_PER_RATE = 1_000_000n;

/**
 * Returns the unit of a billed quantity, as a number of tokens. Chooses the unit for which the paid price is
 * close to the list price. Without a list price or a paid amount, trusts the name in `unit`. Returns
 * undefined if no unit fits, or if `unit` names another unit.
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
    // Compares products instead of quotients, to stay exact.
    const byList = billed * BigInt(tokens) * listed;
    const asPaid = paid * PICO_PER_USD * TOKENS_PER_RATE;
    return asPaid <= byList * TOLERANCE && asPaid * TOLERANCE >= byList;
  });
  return named === undefined || named === fitting ? fitting : undefined;
}

/** Converts a quantity to a whole number of tokens. The number is negative for a correction. */
export function toTokens(quantity: string, unit: UnitTokens): number {
  const scaled = usdToPico(quantity) * BigInt(unit);
  return scaled < 0n
    ? -Number(divideHalfUp(-scaled, PICO_PER_USD))
    : Number(divideHalfUp(scaled, PICO_PER_USD));
}

/** Returns the list price of a million tokens, in pico-dollars. Undefined if the list price is unknown. */
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
