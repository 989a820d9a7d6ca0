import { type Discount, type ModelPrice, type PreparedPrice, priceOfPeriod } from './billing-buckets';
import type { Factor, Market, TierName } from './list-prices/price-types';
import { listedFactor } from './list-prices/tier-factors';
import { type InferenceProfiles, ProfileResolver, type LocatedModelId, locateModelId } from './model-id';
import { nearestModels, wordsOf } from './nearest-models';
import {
  type BareIdPrice,
  listedMarkets,
  listedPrices,
  pricedModels,
  priceKey,
  DiscountBook,
  type Discounts,
  CustomPriceBook,
  type CustomPrices,
} from './price-lookup';
import { PRICE_TIERS } from '../../src/contract';

/** Price of a model in USD per million tokens, on demand, in the standard tier. */
export interface PriceRow extends ModelPrice {
  /** Id of the foundation model without the revision `:0`. For a custom price, its id or pattern. */
  readonly model: string;
  /** Market of the price; `custom` for a custom price, which applies everywhere. */
  readonly market: Market | 'custom';
  /** Factors of the model's other tiers. Tiers with listed rates are in `tierRates` instead. */
  readonly tiers: Readonly<Partial<Record<TierName, number>>>;
  /** First day (UTC) of the price. Absent if it has no start. */
  readonly from?: string;
  /** First day (UTC) after the price. Absent if it has no end. */
  readonly until?: string;
  /** True if the price is valid at the requested time. */
  readonly current: boolean;
  /**
   * True if an invocation of the requested id, or of the model's bare id, has this price at the requested
   * time.
   */
  readonly applies: boolean;
  /** Discount on the rates. Undefined if there is none. */
  readonly discount?: Discount;
}

export interface PriceList {
  /** Prices by model, market and time. */
  readonly rows: readonly PriceRow[];
  /** Models with similar names, if no model matches. */
  readonly suggestions: readonly string[];
}

export interface PriceListOptions {
  /** Time of the prices. Default: now. */
  readonly at?: Date;
  /**
   * Region of the invocations. Prices of other regions are omitted. Default: the region of a requested ARN.
   * Without one, the prices of all regions are listed, and `applies` is for a region of the United States.
   */
  readonly region?: string;
  /**
   * List price of bare Claude ids. Default: the regional price if the region is known, otherwise the global
   * price.
   */
  readonly bareIdPrice?: BareIdPrice;
  /** Prices that take precedence over list prices. Default: none. */
  readonly customPrices?: CustomPrices;
  /** Discounts on list prices by vendor, model id or pattern. Default: none. */
  readonly discounts?: Discounts;
  /** Models of application inference profiles. Default: none. */
  readonly inferenceProfiles?: InferenceProfiles;
}

/**
 * Returns the prices of a model, or of all models.
 *
 * @param query model id, id of an inference profile, ARN, or part of a name: `haiku 4.5`. Default: all models
 * @throws RangeError if a date, custom price or discount is invalid
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

/** Terms of the requested prices. */
interface PriceTerms {
  readonly at: Date;
  readonly region: string | undefined;
  readonly bareIdPrice: BareIdPrice | undefined;
  readonly book: CustomPriceBook;
  readonly discounts: DiscountBook;
  /** Names of the model, for custom prices and discounts. */
  readonly names: readonly string[];
}

/** Returns the list prices of a model. */
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

/** Returns the custom prices whose name matches. */
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

/** Returns true if a name contains the words in this order. The last word may be the start of one. */
function isLike(name: string, text: string): boolean {
  const words = wordsOf(text);
  return text === '' || (words.length > 0 && `-${wordsOf(name).join('-')}`.includes(`-${words.join('-')}`));
}

/** Returns true if a market includes a region. */
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
