import { CATALOG, CATALOG_ALIASES, CATALOG_AS_OF, CATALOG_SOURCE } from './catalog';
import type { LocatedModelId } from './model-id';
import { ALIASES, OVERRIDES, PRICED_BY_REGION } from './overrides';
import type { Market, MarketPrices, PricePeriod } from './price-table';
import type { BARE_ID_PRICES } from '../../src/contract';

/** The prices of a model in a market, over time. */
export interface ListedPrices {
  readonly periods: readonly PricePeriod[];
  readonly asOf: string;
  readonly source: string;
  /** True for the global price of a bare id whose regional price may be the billed one. */
  readonly isLowerBound?: boolean;
}

/** Whether a bare id of a model that AWS lists at two prices is priced as global or as in-region. */
export type BareIdPrice = (typeof BARE_ID_PRICES)[number];

/** Name of a region, such as `us-gov-west-1`. */
const REGION = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** Returns true for the name of a region. */
export function isRegion(name: string | undefined): name is string {
  return name !== undefined && REGION.test(name);
}

/** The name by which prices and tiers know a model: its id without the revision `:0`, in one spelling. */
export function priceKey(model: string): string {
  const key = model.endsWith(':0') ? model.slice(0, -2) : model;
  return own(CATALOG_ALIASES, key) ?? own(ALIASES, key) ?? key;
}

/** Returns a model's id in the one spelling by which prices know it, with the prefix of its profile. */
export function spelledId({ parsed: { model, scope }, geography }: LocatedModelId): string {
  return scope === 'in-region' ? priceKey(model) : `${geography ?? scope}.${priceKey(model)}`;
}

/**
 * The prices that are listed for a model where its call ran;
 * undefined where none is, also where the price elsewhere is known.
 *
 * @param region of the call; an ARN's own goes before it
 * @param bareIdPrice of a bare Claude id. Default: the regional one where the region is known, else the
 * global one as a lower bound
 */
export function listedPrices(
  located: LocatedModelId,
  region: string | undefined,
  bareIdPrice?: BareIdPrice,
): ListedPrices | undefined {
  if (located.parsed.opaque) return undefined;
  const key = priceKey(located.parsed.model);
  const where = [located.parsed.region, region].find(isRegion);
  const taken = bareIdPrice ?? (where === undefined ? 'global' : 'in-region');
  for (const market of marketsOf(located, key, where, taken)) {
    const listed = listedIn(key, market);
    if (!listed) continue;
    const mayCostMore =
      bareIdPrice === undefined && isBareClaude(located) && market === 'global' && listedIn(key, 'regional');
    return mayCostMore ? { ...listed, isLowerBound: true } : listed;
  }
  return undefined;
}

/** The models that have a price, in order. */
export function pricedModels(): readonly string[] {
  return [
    ...new Set([...Object.keys(CATALOG), ...OVERRIDES.flatMap(({ prices }) => Object.keys(prices))]),
  ].sort();
}

/** The prices of a model by market, as they hold there; none for a model that has no price. */
export function listedMarkets(key: string): ReadonlyMap<Market, ListedPrices> {
  const tables = [CATALOG, ...OVERRIDES.map(({ prices }) => prices)];
  const markets = new Set(tables.flatMap(table => Object.keys(own(table, key) ?? {}) as Market[]));
  return new Map(
    [...markets].flatMap(market => {
      const listed = listedIn(key, market);
      return listed ? [[market, listed]] : [];
    }),
  );
}

/** The markets that a call belongs to, the most special first. */
function marketsOf(
  located: LocatedModelId,
  key: string,
  region: string | undefined,
  bareIdPrice: BareIdPrice,
): readonly Market[] {
  const { parsed, geography } = located;
  const ofRegion = region === undefined ? [] : [region as Market];
  if (geography?.startsWith('us-gov') || region?.startsWith('us-gov-')) return [...ofRegion, 'us-gov'];
  const inTheStates =
    region === undefined ? geography === undefined || geography === 'us' : region.startsWith('us-');
  const isRegional = !inTheStates && PRICED_BY_REGION.has(key);
  if (parsed.scope === 'global') return isRegional ? ['global'] : ['global', 'any'];
  if (isRegional) return ofRegion;
  const asGlobal = isBareClaude(located) && bareIdPrice === 'global';
  return [...ofRegion, asGlobal ? 'global' : 'regional', 'any'];
}

/**
 * Returns true for a bare id of a Claude model: AWS bills a call in the region at the regional price, and
 * most price tables list the global one. Those of other vendors are listed at the regional price alone.
 */
function isBareClaude({ parsed: { scope, vendor } }: LocatedModelId): boolean {
  return scope === 'in-region' && vendor === 'anthropic';
}

function listedIn(key: string, market: Market): ListedPrices | undefined {
  return overrideOf(key, market) ?? catalogued(key, market);
}

function overrideOf(key: string, market: Market): ListedPrices | undefined {
  for (let index = OVERRIDES.length - 1; index >= 0; index -= 1) {
    const { prices, asOf, source } = OVERRIDES[index];
    const periods = periodsOf(prices, key, market);
    if (periods) return { periods, asOf, source };
  }
  return undefined;
}

function catalogued(key: string, market: Market): ListedPrices | undefined {
  const periods = periodsOf(CATALOG, key, market);
  return periods && { periods, asOf: CATALOG_AS_OF, source: CATALOG_SOURCE };
}

function periodsOf(
  table: Readonly<Record<string, MarketPrices>>,
  key: string,
  market: Market,
): readonly PricePeriod[] | undefined {
  const markets = own(table, key);
  return markets && own(markets as Readonly<Record<string, readonly PricePeriod[]>>, market);
}

/** A member of the object's own: a model can be called `constructor`. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
