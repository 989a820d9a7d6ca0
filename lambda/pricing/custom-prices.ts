import { BUCKETS, type ModelPrice, prepared, type PreparedPrice, type TokenRates } from './model-price';
import { NameBook } from './name-book';
import { fractionOf } from './pico';
import { listedFactor, type TierName } from './tiers';
import { MAX_RATE, MAX_TIER_FACTOR, PRICE_TIERS } from '../../src/contract';

/**
 * A price of your own, in USD per million tokens: each 0 to 10,000,000. It goes before the catalog's.
 */
export interface CustomPrice extends TokenRates {
  /** Needed, also where it is 0. */
  readonly output: number;
  /**
   * The rates of the whole call where its input tokens, cached
   * ones included, are more than `above`. Default: none.
   */
  readonly longPrompt?: TokenRates & { readonly output: number; readonly above: number };
  /**
   * What a tier costs of these rates, such as `{ flex: 0.5 }`. Default: what the model's
   * tier costs by the catalog; a tier that is in neither leaves the cost unknown. Each is 0 to 1,000.
   */
  readonly tierFactors?: Readonly<Partial<Record<TierName, number>>>;
  /** Where the figures are from. Default: `custom`. */
  readonly source?: string;
  /** The day on which they were read. Default: `custom`. */
  readonly asOf?: string;
}

/**
 * Custom prices by model: an id or ARN as callers give it, a
 * foundation model's id, or a pattern of one with `*` in it.
 */
export type CustomPrices = Readonly<Record<string, CustomPrice>>;

const CUSTOM = 'custom';
const TIERS: readonly string[] = PRICE_TIERS;

/** Finds the custom price of a model. */
export class CustomPriceBook {
  private readonly prices: NameBook<CustomPrice>;

  /** @throws RangeError for a price that `priceProblem` finds fault with */
  constructor(prices: CustomPrices) {
    for (const [id, price] of Object.entries(prices)) {
      const problem = priceProblem(price);
      if (problem !== undefined) throw new RangeError(`the custom price of ${id} ${problem}`);
    }
    this.prices = new NameBook(Object.entries(prices));
  }

  /**
   * The price of a model: by one of its names, or by the longest pattern that one of them fits.
   *
   * @param names of the model, the one that was given first
   * @param key the name by which tiers know the model
   */
  find(names: readonly string[], key: string): PreparedPrice | undefined {
    const custom = this.prices.find(names);
    return (
      custom &&
      prepared(modelPriceOf(custom), tier => {
        const factor = custom.tierFactors?.[tier];
        return factor === undefined ? listedFactor(tier, key) : fractionOf(factor);
      })
    );
  }
}

/** What is wrong with a custom price, as the end of a sentence; undefined where nothing is. */
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

function modelPriceOf({ tierFactors: _, asOf = CUSTOM, source = CUSTOM, ...rates }: CustomPrice): ModelPrice {
  return { ...rates, asOf, source };
}

const SHOWN_LENGTH = 60;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
