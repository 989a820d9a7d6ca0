import {
  BUCKETS,
  type Discount,
  type ModelPrice,
  prepared,
  type PreparedDiscount,
  type PreparedPrice,
  type TokenRates,
} from './billing-buckets';
import type { TierName } from './list-prices/price-types';
import { listedFactor } from './list-prices/tier-factors';
import { type LocatedModelId, locateModelId } from './model-id';
import { fractionOf } from './pico';
import { spelledId, priceKey } from './price-lookup';
import { DISCOUNT_NAME, MAX_RATE, MAX_TIER_FACTOR, MODEL_VENDORS, PRICE_TIERS } from '../../src/contract';

/**
 * Custom price of a model. It takes precedence over the list price. Rates are in USD per million tokens, from
 * 0 to 10,000,000.
 */
export interface CustomPrice extends TokenRates {
  /** Rate of output tokens. This rate is required, even if it is 0. */
  readonly output: number;
  /**
   * Rates of invocations with more than `above` input tokens. The rates apply to all tokens of such an
   * invocation. Cached tokens count as input tokens. Default: none.
   */
  readonly longPrompt?: TokenRates & { readonly output: number; readonly above: number };
  /**
   * Factors of tiers, from 0 to 1,000. For example, `{ flex: 0.5 }` halves the rates in the flex tier.
   * Default for each tier: the factor from AWS's price list. If AWS lists no factor, the cost in the tier is
   * unknown.
   */
  readonly tierFactors?: Readonly<Partial<Record<TierName, number>>>;
  /** Source of the rates. `explain` shows this text. Default: `custom`. */
  readonly source?: string;
  /** Day on which the rates were read from their source. Default: the text `custom`. */
  readonly asOf?: string;
}

/**
 * Custom prices. Each key is a model id or ARN that callers pass, the id of a foundation model, or a pattern
 * with `*`.
 */
export type CustomPrices = Readonly<Record<string, CustomPrice>>;

const CUSTOM = 'custom';
const TIERS: readonly string[] = PRICE_TIERS;

/** Custom prices that can be searched by model. */
export class CustomPriceBook {
  private readonly prices: NameBook<CustomPrice>;

  /**
   * Checks and stores the prices.
   *
   * @throws RangeError if a price is invalid, e.g. if a rate is negative
   */
  constructor(prices: CustomPrices) {
    for (const [id, price] of Object.entries(prices)) {
      const problem = priceProblem(price);
      if (problem !== undefined) throw new RangeError(`the custom price of ${id} ${problem}`);
    }
    this.prices = new NameBook(Object.entries(prices));
  }

  /**
   * Returns the custom price whose key is one of `names`. If no key is, returns the price with the longest
   * pattern that matches one of `names`. Returns undefined if no pattern matches.
   *
   * @param names ids of the model, e.g. with and without `us.`. The id that the caller passed comes first
   * @param key id of the model in the price tables. It selects AWS's factor if the custom price has no factor
   * for a tier
   */
  find(names: readonly string[], key: string): PreparedPrice | undefined {
    const custom = this.prices.find(names);
    return (
      custom &&
      prepared(toModelPrice(custom), tier => {
        const factor = custom.tierFactors?.[tier];
        return factor === undefined ? listedFactor(tier, key) : fractionOf(factor);
      })
    );
  }
}

/**
 * Returns the problem of a custom price, e.g. `must be an object …`. Returns undefined if the price is valid.
 */
export function priceProblem(price: unknown): string | undefined {
  if (typeof price !== 'object' || price === null || Array.isArray(price)) {
    return `must be an object with input and output, got: ${shown(price)}`;
  }
  const { longPrompt, tierFactors } = price as Partial<CustomPrice>;
  const problem = ratesProblem(price as Partial<CustomPrice>);
  if (problem !== undefined) return problem;
  if (longPrompt !== undefined) {
    if (typeof longPrompt !== 'object' || longPrompt === null) {
      return `must have longPrompt as an object, got: ${shown(longPrompt)}`;
    }
    if (!Number.isSafeInteger(longPrompt.above) || longPrompt.above < 0) {
      return `must have longPrompt.above as a number of tokens, got: ${shown(longPrompt.above)}`;
    }
    const longProblem = ratesProblem(longPrompt, 'longPrompt.');
    if (longProblem !== undefined) return longProblem;
  }
  if (tierFactors === undefined) return undefined;
  if (typeof tierFactors !== 'object' || tierFactors === null) {
    return `must have tierFactors as an object, got: ${shown(tierFactors)}`;
  }
  const factors = Object.entries(tierFactors);
  const wrong = factors.find(([tier, factor]) => !TIERS.includes(tier) || !isAmount(factor));
  if (wrong) {
    return (
      `must have tierFactors of ${TIERS.join(', ')} only, each finite and 0 or more, got: ` +
      `${shown(wrong[0])}: ${shown(wrong[1])}`
    );
  }
  const high = factors.find(([, factor]) => factor > MAX_TIER_FACTOR);
  return high && `must have tierFactors.${high[0]} of at most ${MAX_TIER_FACTOR}, got: ${shown(high[1])}`;
}

function ratesProblem(rates: Partial<TokenRates>, place = ''): string | undefined {
  for (const bucket of BUCKETS) {
    const rate = rates[bucket];
    if (rate === undefined && bucket !== 'input' && bucket !== 'output') continue;
    if (!isAmount(rate)) {
      return (
        `must have ${place}${bucket} as USD per million tokens, finite and 0 or more, got: ` +
        `${shown(rate)}`
      );
    }
    if (rate > MAX_RATE) {
      return `must have ${place}${bucket} of at most ${MAX_RATE} USD per million tokens, got: ${shown(rate)}`;
    }
  }
  return undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function toModelPrice({ tierFactors: _, asOf = CUSTOM, source = CUSTOM, ...rates }: CustomPrice): ModelPrice {
  return { ...rates, asOf, source };
}

/** Maximum number of characters of a wrong value that an error message shows. */
const SHOWN_LENGTH = 60;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/**
 * Discounts on list prices. For example, `{ anthropic: 0.1 }` makes Anthropic models 10 % cheaper. Each key
 * is a vendor, a model id or ARN, or a pattern with `*`. Custom prices have no discount.
 *
 * If several keys match a model, the first key in this order applies: model id or ARN, longest pattern,
 * vendor, the pattern `*`.
 */
export type Discounts = Readonly<Record<string, number>>;

const ALL = '*';
/**
 * Number of significant digits of a percentage. With more digits, 7 % would be shown as 7.000000000000001 %.
 */
const PERCENT_DIGITS = 12;

/** Discounts that can be searched by model. */
export class DiscountBook {
  private readonly given: ReadonlyMap<string, Discount>;
  private readonly models: NameBook<Discount>;

  /**
   * Checks and stores the discounts.
   *
   * @throws RangeError if a discount is not from 0 to 1, or if its key is not a vendor, a model id or a
   * pattern
   */
  constructor(discounts: Discounts) {
    const given = Object.entries(discounts).map(([name, share]) => {
      const problem = discountProblem(share, name);
      if (problem !== undefined) throw new RangeError(`the discount of ${name} ${problem}`);
      return [name, { name, share }] as const;
    });
    this.given = new Map(given);
    this.models = new NameBook(
      given
        .filter(([name]) => name !== ALL)
        .flatMap(([name, discount]) => spellingsOf(name).map(spelling => [spelling, discount] as const)),
    );
  }

  /**
   * Returns the discount of an invocation, or undefined if no discount applies.
   *
   * @param ids id that the caller passed, and the id of the billed model
   * @param located parsed id of the billed model
   */
  find(ids: readonly string[], located: LocatedModelId): PreparedDiscount | undefined {
    if (this.given.size === 0) return undefined;
    const { model, vendor } = located.parsed;
    const names = [...ids, ...ids.map(id => spelledId(locateModelId(id))), model, priceKey(model)];
    const discount =
      this.models.find(names) ?? (vendor === '' ? undefined : this.given.get(vendor)) ?? this.given.get(ALL);
    if (discount === undefined || discount.share === 0) return undefined;
    const { numerator, denominator } = fractionOf(discount.share);
    return { shown: discount, factor: { numerator: denominator - numerator, denominator } };
  }
}

/**
 * Returns the problem of a discount, e.g. `must be a share …`. Returns undefined if the discount is valid.
 */
export function discountProblem(share: unknown, name: string): string | undefined {
  if (!DISCOUNT_NAME.test(name)) {
    return `must be of a vendor (${MODEL_VENDORS.join(', ')}), of a model id or of a pattern with *`;
  }
  return typeof share === 'number' && share >= 0 && share <= 1
    ? undefined
    : `must be a share of the list price from 0 to 1, where 0.1 is 10 % less, got: ${shown(share)}`;
}

/** Formats a discount for people, e.g. `anthropic (10 % less)`. */
export function discountText({ name, share }: Discount): string {
  return `${name} (${Number((share * 100).toPrecision(PERCENT_DIGITS))} % less)`;
}

/**
 * Returns the spellings of a discount's key. For a model id, these are the key itself and the id in the price
 * tables.
 */
function spellingsOf(name: string): string[] {
  return name.includes('*') || name.startsWith('arn:') ? [name] : [name, spelledId(locateModelId(name))];
}

/** Values that are stored under a name, or under a pattern with `*`. */
export class NameBook<Value> {
  private readonly exact: ReadonlyMap<string, Value>;
  /** Patterns, each split at `*`. The longest pattern comes first. */
  private readonly patterns: readonly (readonly [parts: readonly string[], value: Value])[];

  constructor(entries: readonly (readonly [name: string, value: Value])[]) {
    this.exact = new Map(entries.filter(([name]) => !name.includes('*')));
    this.patterns = entries
      .filter(([name]) => name.includes('*'))
      .sort(([a], [b]) => b.length - a.length)
      .map(([pattern, value]) => [pattern.split('*'), value]);
  }

  /**
   * Returns the value of the first name in `names` that has a value. If no name has a value, returns the
   * value of the longest pattern that matches one of the names.
   */
  find(names: readonly string[]): Value | undefined {
    const name = names.find(each => this.exact.has(each));
    return name === undefined
      ? this.patterns.find(([parts]) => names.some(each => matchesPattern(parts, each)))?.[1]
      : this.exact.get(name);
  }
}

/**
 * Returns true if `text` matches a pattern with `*`. The first argument is the pattern, split at `*`. The
 * search reads the text only once, so it is fast for long texts.
 */
function matchesPattern([first, ...rest]: readonly string[], text: string): boolean {
  const last = rest.pop() ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) {
    return false;
  }
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}
