import { type LocatedModelId, locateModelId } from './model-id';
import { NameBook } from './name-book';
import { fractionOf } from './pico';
import { priceKey, spelledId } from './price-book';
import type { Factor } from './tiers';
import { DISCOUNT_NAME, MODEL_VENDORS } from '../../src/contract';

/**
 * Discounts on list prices, such as `{ anthropic: 0.1 }` for 10 % less: by vendor, by a model's id or ARN, or
 * by a pattern with `*`. A model goes before its vendor, the longest pattern first, and `*` alone is last.
 * Prices of your own have no discount.
 */
export type Discounts = Readonly<Record<string, number>>;

/** Discount on a call's list price. */
export interface Discount {
  /** The vendor, id or pattern that it is given for. */
  readonly name: string;
  /** Share of the list price, 0 to 1: 0.1 is 10 % less. */
  readonly share: number;
}

/** Discount with the factor that is left of the list price. */
export interface PreparedDiscount {
  readonly shown: Discount;
  readonly factor: Factor;
}

const ALL = '*';
const SHOWN_LENGTH = 60;
/** Digits of a percentage. Further digits come from the binary form of a number. */
const PERCENT_DIGITS = 12;

/** Finds the discount of a model. */
export class DiscountBook {
  private readonly given: ReadonlyMap<string, Discount>;
  private readonly models: NameBook<Discount>;

  /** @throws RangeError for a discount with a problem; see `discountProblem` */
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
   * Finds the discount of a call.
   *
   * @param ids of its model, the one that was given first
   * @param located the last of them, understood
   * @returns undefined if the call has the list price
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

/** Says what is wrong with a discount, as the end of a sentence; undefined if nothing is. */
export function discountProblem(share: unknown, name: string): string | undefined {
  if (!DISCOUNT_NAME.test(name)) {
    return `must be of a vendor (${MODEL_VENDORS.join(', ')}), of a model id or of a pattern with *`;
  }
  return typeof share === 'number' && share >= 0 && share <= 1
    ? undefined
    : `must be a share of the list price from 0 to 1, where 0.1 is 10 % less, got: ${shown(share)}`;
}

/** Tells a discount in words: `anthropic (10 % less)`. */
export function discountText({ name, share }: Discount): string {
  return `${name} (${Number((share * 100).toPrecision(PERCENT_DIGITS))} % less)`;
}

/** Spellings of a model id by which its price is found. An ARN stays as it is, because it has a region. */
function spellingsOf(name: string): string[] {
  return name.includes('*') || name.startsWith('arn:') ? [name] : [name, spelledId(locateModelId(name))];
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
