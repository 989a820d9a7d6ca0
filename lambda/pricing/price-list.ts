import { CustomPriceBook, type CustomPrices } from './custom-prices';
import { type Discount, DiscountBook, type Discounts } from './discounts';
import { type InferenceProfiles, ProfileResolver } from './inference-profiles';
import { type LocatedModelId, locateModelId } from './model-id';
import { type ModelPrice, type PreparedPrice, priceOfPeriod } from './model-price';
import { nearestModels, wordsOf } from './nearest-models';
import { type BareIdPrice, listedMarkets, listedPrices, pricedModels, priceKey } from './price-book';
import type { Market } from './price-table';
import { type Factor, listedFactor, type TierName } from './tiers';
import { PRICE_TIERS } from '../../src/contract';

/** One price of a model: USD per million tokens, on demand, standard tier. */
export interface PriceRow extends ModelPrice {
  /**
   * The foundation model's id, without the revision `:0`; of
   * a custom price, the id or pattern that it is given for.
   */
  readonly model: string;
  /** Where it holds; `custom` for a price of your own, which holds everywhere. */
  readonly market: Market | 'custom';
  /** Factors of the model's other tiers. Tiers with rates of their own are in `tierRates` instead. */
  readonly tiers: Readonly<Partial<Record<TierName, number>>>;
  /** The first day (UTC) on which it holds. Default: always before, too. */
  readonly from?: string;
  /** The first day (UTC) on which it no longer holds. Default: it still does. */
  readonly until?: string;
  /** Whether it holds at the moment that is asked for. */
  readonly current: boolean;
  /**
   * Whether it is the one that a call has then: of the id that
   * was asked for, or of the model's bare id, in the region.
   */
  readonly applies: boolean;
  /** Discount that a call has on these rates. Undefined if there is none. */
  readonly discount?: Discount;
}

export interface PriceList {
  /** By model, market and time. */
  readonly rows: readonly PriceRow[];
  /** Models like the one that was asked for, where none is that. */
  readonly suggestions: readonly string[];
}

export interface PriceListOptions {
  /** Default: now. */
  readonly at?: Date;
  /**
   * The region of calls; prices of other regions are left out. Default: that of
   * the ARN that is asked for, else the United States, and no price is left out.
   */
  readonly region?: string;
  /** Default: the regional price where the region is known, else the global one as a lower bound. */
  readonly bareIdPrice?: BareIdPrice;
  /** Prices that go before the catalog. Default: none. */
  readonly customPrices?: CustomPrices;
  /** Discounts on list prices by vendor, model id or pattern. Default: none. */
  readonly discounts?: Discounts;
  /** The model that each application inference profile stands for. Default: none. */
  readonly inferenceProfiles?: InferenceProfiles;
}

/**
 * The prices that a model has, or all there are.
 *
 * @param query a model's id, its profile's with a region prefix, an ARN, or part of its name: `haiku 4.5`
 * @throws RangeError for an invalid date, custom price or discount
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
    throw new RangeError('the time of the prices must be a date, got: an invalid one');
  }
  const asked = query?.trim() ?? '';
  const resolved = new ProfileResolver(inferenceProfiles).resolve(asked);
  const located = locateModelId(resolved);
  const exact = priceKey(located.parsed.model);
  const book = new CustomPriceBook(customPrices);
  const names = [asked, resolved, located.parsed.model];
  const custom = asked === '' ? undefined : book.find(names, exact);
  const isExact = listedMarkets(exact).size > 0 || custom !== undefined;
  const name = located.parsed.opaque ? asked : located.parsed.model;
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

interface Asked {
  readonly at: Date;
  readonly region: string | undefined;
  readonly bareIdPrice: BareIdPrice | undefined;
  readonly book: CustomPriceBook;
  readonly discounts: DiscountBook;
  /** By which a custom price of the model is found. */
  readonly names: readonly string[];
}

/** The listed prices of a model. */
function rowsOf(
  model: string,
  located: LocatedModelId,
  { at, region, bareIdPrice, book, discounts, names }: Asked,
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

/** The custom prices of a name, or all. */
function customRows(prices: CustomPrices, asked: string): PriceRow[] {
  return Object.entries(prices)
    .filter(([id]) => isLike(id, asked))
    .flatMap(([id, price]) => {
      const found = new CustomPriceBook({ [id]: price }).find([id], priceKey(locateModelId(id).parsed.model));
      return found ? [customRow(id, found)] : [];
    });
}

function customRow(model: string, { price, factorOf }: PreparedPrice): PriceRow {
  return { model, market: 'custom', ...price, tiers: tiersOf(factorOf), current: true, applies: true };
}

function modelsLike(asked: string): readonly string[] {
  return pricedModels().filter(model => isLike(model, asked));
}

/** Whether a name has the words that were asked for, one after the other; the last one may go on. */
function isLike(name: string, asked: string): boolean {
  const words = wordsOf(asked);
  return asked === '' || (words.length > 0 && `-${wordsOf(name).join('-')}`.includes(`-${words.join('-')}`));
}

/** Whether a market is not another region's. */
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
