import { CATALOG, CATALOG_ALIASES, CATALOG_AS_OF, CATALOG_SOURCE } from './list-prices/catalog';
import { ALIASES } from './list-prices/model-aliases';
import { OVERRIDES, PRICED_BY_REGION } from './list-prices/overrides';
import type { Market, MarketPrices, PricePeriod } from './list-prices/price-types';
import type { LocatedModelId } from './model-id';
import type { BARE_ID_PRICES } from '../../src/contract';

/** List prices of one model in one `Market`. Each period has its own rates. */
export interface ListedPrices {
  readonly periods: readonly PricePeriod[];
  readonly asOf: string;
  readonly source: string;
  /**
   * True if these are the global prices of a model id without a prefix such as `us.`. AWS may bill the
   * regional price, which is higher.
   */
  readonly isLowerBound?: boolean;
}

/**
 * Choice of the price for a Claude model id without a prefix such as `us.`. AWS lists two prices for some of
 * these models: `global` selects the global price, and `in-region` the regional price.
 */
export type BareIdPrice = (typeof BARE_ID_PRICES)[number];

/** Pattern of region names, such as `us-gov-west-1`. */
const REGION = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

export function isRegion(name: string | undefined): name is string {
  return name !== undefined && REGION.test(name);
}

/**
 * Returns the id of a model in the price tables, without the revision `:0`. Replaces an alias, such as
 * `openai.gpt-oss-120b`, with the listed id.
 */
export function priceKey(model: string): string {
  const key = model.endsWith(':0') ? model.slice(0, -2) : model;
  return own(CATALOG_ALIASES, key) ?? own(ALIASES, key) ?? key;
}

/**
 * Returns a model id in the spelling of the price tables, e.g. `us.amazon.nova-lite-v1`. An inference profile
 * keeps its prefix, such as `us.` or `global.`.
 */
export function spelledId({ parsed: { model, scope }, geography }: LocatedModelId): string {
  return scope === 'in-region' ? priceKey(model) : `${geography ?? scope}.${priceKey(model)}`;
}

/**
 * Returns the list prices that apply to an invocation. Searches the markets of the invocation, the most
 * specific market first. Returns undefined if no market has a price of the model.
 *
 * @param region region of the invocation. A region in the model's ARN takes precedence
 * @param bareIdPrice list price of a Claude id without a prefix such as `us.`. Default: the regional price if
 * the region is known, otherwise the global price, marked as a lower bound
 */
export function listedPrices(
  located: LocatedModelId,
  region: string | undefined,
  bareIdPrice?: BareIdPrice,
): ListedPrices | undefined {
  if (located.parsed.opaque) return undefined;
  const key = priceKey(located.parsed.model);
  const knownRegion = [located.parsed.region, region].find(isRegion);
  const appliedPrice = bareIdPrice ?? (knownRegion === undefined ? 'global' : 'in-region');
  for (const market of marketsOf(located, key, knownRegion, appliedPrice)) {
    const listed = listedIn(key, market);
    if (!listed) continue;
    const mayCostMore =
      bareIdPrice === undefined && isBareClaude(located) && market === 'global' && listedIn(key, 'regional');
    return mayCostMore ? { ...listed, isLowerBound: true } : listed;
  }
  return undefined;
}

/** Returns the price-table keys of all models that have a list price, sorted. */
export function pricedModels(): readonly string[] {
  return [
    ...new Set([...Object.keys(CATALOG), ...OVERRIDES.flatMap(({ prices }) => Object.keys(prices))]),
  ].sort();
}

/** Returns the list prices of a model for each market. The map is empty if the model has no list price. */
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

/**
 * Returns the markets that an invocation belongs to, the most specific market first. A market is a group of
 * invocations that have the same price.
 */
function marketsOf(
  located: LocatedModelId,
  key: string,
  region: string | undefined,
  bareIdPrice: BareIdPrice,
): readonly Market[] {
  const { parsed, geography } = located;
  const ofRegion = region === undefined ? [] : [region as Market];
  if (geography?.startsWith('us-gov') || region?.startsWith('us-gov-')) return [...ofRegion, 'us-gov'];
  const isInUnitedStates =
    region === undefined ? geography === undefined || geography === 'us' : region.startsWith('us-');
  const isRegional = !isInUnitedStates && PRICED_BY_REGION.has(key);
  if (parsed.scope === 'global') return isRegional ? ['global'] : ['global', 'any'];
  if (isRegional) return ofRegion;
  const asGlobal = isBareClaude(located) && bareIdPrice === 'global';
  return [...ofRegion, asGlobal ? 'global' : 'regional', 'any'];
}

/**
 * Returns true for a Claude model id without a prefix such as `us.`. AWS bills the regional price for such an
 * id, but most price tables list the global price.
 */
function isBareClaude({ parsed: { scope, vendor } }: LocatedModelId): boolean {
  return scope === 'in-region' && vendor === 'anthropic';
}

function listedIn(key: string, market: Market): ListedPrices | undefined {
  return findOverride(key, market) ?? findInCatalog(key, market);
}

function findOverride(key: string, market: Market): ListedPrices | undefined {
  for (let index = OVERRIDES.length - 1; index >= 0; index -= 1) {
    const { prices, asOf, source } = OVERRIDES[index];
    const periods = periodsOf(prices, key, market);
    if (periods) return { periods, asOf, source };
  }
  return undefined;
}

function findInCatalog(key: string, market: Market): ListedPrices | undefined {
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

/**
 * Returns the value of a key, and undefined for a missing key. Ignores inherited properties, such as
 * `constructor`.
 */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
