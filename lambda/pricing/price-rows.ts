import { type Discount, type ModelPrice, type PreparedPrice, priceOfPeriod } from './billing-buckets';
import { DiscountBook, type Discounts, CustomPriceBook, type CustomPrices } from './custom-prices';
import type { Factor, Market, TierName } from './list-prices/price-types';
import { listedFactor } from './list-prices/tier-factors';
import { type InferenceProfiles, ProfileResolver, type LocatedModelId, locateModelId } from './model-id';
import { nearestModels, wordsOf } from './nearest-models';
import { type BareIdPrice, listedMarkets, listedPrices, pricedModels, priceKey } from './price-lookup';
import { PRICE_TIERS } from '../../src/contract';

/** On-demand price of a model in the standard tier. Rates are in USD per million tokens. */
export interface PriceRow extends ModelPrice {
  /**
   * Id of the foundation model, without the revision `:0`. In the row of a custom price, the model id or
   * pattern of this price.
   */
  readonly model: string;
  /** Market in which the price applies. For a custom price: `custom`, which means all markets. */
  readonly market: Market | 'custom';
  /**
   * Factors of other tiers, such as 0.5 for flex. A factor multiplies the standard rates. Tiers with separate
   * rates are in `tierRates` instead.
   */
  readonly tiers: Readonly<Partial<Record<TierName, number>>>;
  /** First day (UTC) on which the price is valid. Absent if the price has no start. */
  readonly from?: string;
  /** First day (UTC) on which the price is no longer valid. Absent if the price has no end. */
  readonly until?: string;
  /** True if the price is valid at the requested time. */
  readonly current: boolean;
  /**
   * True if invocations of the requested model have this price at the time `at`. If the query is only a part
   * of a name, an id without a prefix such as `us.` is assumed.
   */
  readonly applies: boolean;
  /** Discount on the rates. Absent if no discount applies. */
  readonly discount?: Discount;
}

export interface PriceList {
  /** Prices, with one row for each model, market and period. */
  readonly rows: readonly PriceRow[];
  /** Models whose names are similar to the requested name. Empty if a price was found. */
  readonly suggestions: readonly string[];
}

export interface PriceListOptions {
  /** Time for which `current` and `applies` are computed. Default: now. */
  readonly at?: Date;
  /**
   * Region of the invocations. Prices of other regions are omitted. A region in the requested ARN takes
   * precedence. Default: prices of all regions. `applies` then refers to a region in the United States.
   */
  readonly region?: string;
  /**
   * List price of Claude ids without a prefix such as `us.`. Default: the regional price if the region is
   * known, otherwise the global price.
   */
  readonly bareIdPrice?: BareIdPrice;
  /** Prices that take precedence over list prices. Default: none. */
  readonly customPrices?: CustomPrices;
  /** Discounts on list prices. Each key is a vendor, a model id or a pattern. Default: none. */
  readonly discounts?: Discounts;
  /**
   * Models behind application inference profiles. The key is the ARN or the id of the profile. Default: none.
   */
  readonly inferenceProfiles?: InferenceProfiles;
}

/**
 * Returns the prices of all models that match `query`. Without `query`, returns the prices of all models.
 *
 * @param query model id, id of an inference profile, ARN, or part of a name, such as `haiku 4.5`
 * @throws RangeError if a date, a custom price or a discount is invalid
 */
export function priceRows(
  query?: string,
  {
    at = new Date(),
    region,
    bareIdPrice,
    customPrices = {},
    discounts = {},
    inferenceProfiles,
  }: PriceListOptions = {},
): PriceList {
  if (Number.isNaN(at.getTime())) {
    throw new RangeError('the time of the prices must be a valid date, got: an invalid date');
  }
  const requested = query?.trim() ?? '';
  const resolved = new ProfileResolver(inferenceProfiles).resolve(requested);
  const located = locateModelId(resolved);
  const exact = priceKey(located.parsed.model);
  const book = new CustomPriceBook(customPrices);
  const names = [requested, resolved, located.parsed.model];
  const custom = requested === '' ? undefined : book.find(names, exact);
  const isExact = listedMarkets(exact).size > 0 || custom !== undefined;
  const name = located.parsed.opaque ? requested : located.parsed.model;
  const list = {
    at,
    region: located.parsed.region ?? region,
    bareIdPrice,
    book,
    discounts: new DiscountBook(discounts),
  };

  const rows = isExact
    ? [
        ...(custom ? [customRow(located.parsed.model, custom)] : []),
        ...rowsOf(exact, located, { ...list, names }),
      ]
    : [
        ...customRows(customPrices, name),
        ...modelsLike(name).flatMap(model =>
          rowsOf(model, locateModelId(model), { ...list, names: [model, `${model}:0`] }),
        ),
      ];
  return {
    rows,
    suggestions:
      rows.length > 0 ? [] : nearestModels(resolved, [...pricedModels(), ...Object.keys(customPrices)]),
  };
}

interface PriceTerms {
  readonly at: Date;
  readonly region: string | undefined;
  readonly bareIdPrice: BareIdPrice | undefined;
  readonly book: CustomPriceBook;
  readonly discounts: DiscountBook;
  /** Ids of the model that can be keys of custom prices and discounts, e.g. with and without `us.`. */
  readonly names: readonly string[];
}

/** Returns the list prices of a model, with a row for each market and period. */
function rowsOf(
  model: string,
  located: LocatedModelId,
  { at, region, bareIdPrice, book, discounts, names }: PriceTerms,
): PriceRow[] {
  const isOverridden = book.find(names, model) !== undefined;
  const applying = listedPrices(located, region, bareIdPrice)?.periods;
  const discount = discounts.find(names, located)?.shown;
  return [...listedMarkets(model)]
    .filter(([market]) => region === undefined || isOf(market, region))
    .flatMap(([market, listed]) =>
      listed.periods.map(period => {
        const { from, until } = period;
        const current =
          (from === undefined || at >= new Date(from)) && (until === undefined || at < new Date(until));
        return {
          model,
          market,
          ...priceOfPeriod(period, listed),
          tiers: tiersOf(tier => (period.tierRates?.[tier] ? undefined : listedFactor(tier, model))),
          ...(from === undefined ? {} : { from }),
          ...(until === undefined ? {} : { until }),
          current,
          applies: current && !isOverridden && listed.periods === applying,
          ...(discount ? { discount } : {}),
        };
      }),
    );
}

/** Returns the custom prices whose key contains the words of `name`, with a row for each price. */
function customRows(prices: CustomPrices, name: string): PriceRow[] {
  return Object.entries(prices)
    .filter(([id]) => isLike(id, name))
    .flatMap(([id, price]) => {
      const found = new CustomPriceBook({ [id]: price }).find([id], priceKey(locateModelId(id).parsed.model));
      return found ? [customRow(id, found)] : [];
    });
}

function customRow(model: string, { price, factorOf }: PreparedPrice): PriceRow {
  return { model, market: 'custom', ...price, tiers: tiersOf(factorOf), current: true, applies: true };
}

function modelsLike(name: string): readonly string[] {
  return pricedModels().filter(model => isLike(model, name));
}

/**
 * Returns true if `name` contains the words of `text` next to each other. For example, `claude-haiku-4-5`
 * contains `haiku 4`. The last word of `text` may be incomplete. Returns true if `text` is empty.
 */
function isLike(name: string, text: string): boolean {
  const words = wordsOf(text);
  return text === '' || (words.length > 0 && `-${wordsOf(name).join('-')}`.includes(`-${words.join('-')}`));
}

/** Returns true if invocations in a region can have the prices of a market. */
function isOf(market: Market, region: string): boolean {
  if (market === 'us-gov') return region.startsWith('us-gov-');
  return market === region || market === 'any' || market === 'global' || market === 'regional';
}

function tiersOf(factorOf: (tier: TierName) => Factor | undefined): PriceRow['tiers'] {
  return Object.fromEntries(
    PRICE_TIERS.flatMap(tier => {
      const factor = factorOf(tier);
      return factor ? [[tier, Number(factor.numerator) / Number(factor.denominator)]] : [];
    }),
  );
}
