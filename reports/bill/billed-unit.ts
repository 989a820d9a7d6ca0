import type { BilledUsage } from './billed-model';
import { locateModelId } from '../../lambda/pricing/model-id';
import { STANDARD } from '../../lambda/pricing/model-price';
import { listedFactor } from '../../lambda/pricing/overrides';
import { divideHalfUp, PICO_PER_USD, usdToPico } from '../../lambda/pricing/pico';
import { listedPrices } from '../../lambda/pricing/price-book';

/** How many tokens one of the bill's quantity is. */
export type UnitTokens = 1 | 1000 | 1_000_000;

/** An amount and a quantity of the bill, as it says them. */
export interface BilledQuantity {
  /** A decimal of US dollars. */
  readonly amount: string;
  readonly quantity: string;
  /** What the bill calls the unit: `1K tokens`, `1M tokens`, `Units`, `N/A`. */
  readonly unit?: string;
}

const UNITS: readonly UnitTokens[] = [1, 1000, 1_000_000];
/** What the bill calls units that say how many they are. `Units` has been seen for each of the three. */
const NAMED_UNITS: readonly (readonly [RegExp, UnitTokens])[] = [
  [/^tokens?$/i, 1],
  [/^(?:1k|1,?000) tokens?$/i, 1000],
  [/^(?:1m|1,?000,?000) tokens?$/i, 1_000_000],
];
/**
 * How far a price that was paid may be from the listed one, as a factor: discounts, another region, a
 * long prompt. Units are a factor of a thousand apart, so that no two can be taken for one another.
 */
const TOLERANCE = 4n;
const TOKENS_PER_RATE = 1_000_000n;

/**
 * How many tokens one of the quantity is: the unit at which what was paid is near the listed price. Undefined
 * where no price is known, nothing was paid, or the bill's own name for the unit says otherwise: then tokens
 * are not known, and none are guessed.
 */
export function unitTokensOf(
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
    // What so many tokens cost by the list, with the same factor on both sides instead of a division.
    const byList = billed * BigInt(tokens) * listed;
    const asPaid = paid * PICO_PER_USD * TOKENS_PER_RATE;
    return asPaid <= byList * TOLERANCE && asPaid * TOLERANCE >= byList;
  });
  return named === undefined || named === fitting ? fitting : undefined;
}

/** A quantity in tokens. Of less than half a token, or what was taken back, it is 0 or negative. */
export function tokensOf(quantity: string, unit: UnitTokens): number {
  const scaled = usdToPico(quantity) * BigInt(unit);
  return scaled < 0n
    ? -Number(divideHalfUp(-scaled, PICO_PER_USD))
    : Number(divideHalfUp(scaled, PICO_PER_USD));
}

/** The listed price of a million tokens, in pico-dollars. */
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
