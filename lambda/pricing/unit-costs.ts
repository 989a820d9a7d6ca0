import type { LowerBoundReason, MutableCost, UnitCost } from './cost';
import { type PerUnit, UNIT_PRICES } from './list-prices/unit-prices';
import { picoToUsdNumber, usdToPico } from './pico';
import { type Unit, type UnitReading, UNITS, type Units } from '../usage/billed-units';
import { SERVICE_NAMES } from '../usage/model-calls';

/** Model whose units are priced. */
interface UnitModel {
  /** Id of the model in the price tables. */
  readonly key: string;
  /** Vendor of the model, e.g. `anthropic`. */
  readonly vendor: string;
}

/** Returns the cost of each unit, in the order of `UNITS`. */
export function unitCosts(units: Units, model: UnitModel): readonly UnitCost[] {
  return UNITS.flatMap(unit => {
    const quantity = units[unit];
    if (!quantity) return [];
    const price = findPrice(unit, model);
    if (!price) return [{ unit, quantity }];
    return [{ unit, quantity, ...price, picoUsd: usdToPico(price.usdPerUnit) * BigInt(quantity) }];
  });
}

/** Returns true if calls of a model are billed by units alone, so that they need no token counts. */
function isBilledByUnits({ key }: UnitModel): boolean {
  return SERVICE_NAMES.has(key) || UNIT_PRICES.some(({ models }) => models && Object.hasOwn(models, key));
}

function findPrice(
  unit: Unit,
  { key, vendor }: UnitModel,
): { readonly usdPerUnit: string; readonly asOf: string; readonly source: string } | undefined {
  for (const { models, vendors, any, asOf, source } of UNIT_PRICES) {
    const usdPerUnit = own(models, key)?.[unit] ?? own(vendors, vendor)?.[unit] ?? any?.[unit];
    if (usdPerUnit !== undefined) return { usdPerUnit, asOf, source };
  }
  return undefined;
}

function own(table: Readonly<Record<string, PerUnit>> | undefined, name: string): PerUnit | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * Adds the cost of units to the cost of the tokens of an invocation. If the cost of the tokens is not known,
 * the whole cost is not known either, unless the invocation is billed by units alone.
 */
export function addUnits(
  ofTokens: MutableCost | undefined,
  { units, uncounted = [] }: UnitReading,
  model: UnitModel,
): MutableCost | undefined {
  const costs = unitCosts(units ?? {}, model);
  const known = costs.filter(({ picoUsd }) => picoUsd !== undefined);
  // A response that says that there are no units, e.g. of ApplyGuardrail with word filters, costs nothing.
  const isFree = units !== undefined && costs.length === 0 && uncounted.length === 0;
  const cost = ofTokens ?? (isFree || known.length > 0 ? unitsAlone(model, known[0]) : undefined);
  if (!cost) return undefined;
  for (const { picoUsd = 0n } of known) cost.picoUsd += picoUsd;
  cost.usd = picoToUsdNumber(cost.picoUsd);
  if (costs.length > 0) cost.units = costs;
  const reasons: LowerBoundReason[] = [
    ...(cost.lowerBound ?? []),
    ...uncounted,
    ...(known.length < costs.length ? (['unitPrice'] as const) : []),
  ];
  if (reasons.length > 0) cost.lowerBound = reasons;
  return cost;
}

/**
 * Returns a cost of 0 for an invocation that is billed by units alone. The caller adds the cost of the units.
 * Returns undefined if the model is also billed by tokens.
 *
 * @param price unit whose source and day are shown for the cost. Default: the first price of the list
 */
function unitsAlone(
  model: UnitModel,
  { asOf = '', source = '' }: Pick<UnitCost, 'asOf' | 'source'> = UNIT_PRICES[0],
): MutableCost | undefined {
  if (!isBilledByUnits(model)) return undefined;
  return {
    usd: 0,
    picoUsd: 0n,
    breakdown: { input: 0n, output: 0n, cacheRead: 0n, cacheWrite5m: 0n, cacheWrite1h: 0n },
    price: { input: 0, asOf, source },
  };
}

/** Returns the part of a cost that comes from units, in pico-dollars. */
export function unitCostOf(cost: { readonly units?: readonly UnitCost[] } | undefined): bigint {
  return (cost?.units ?? []).reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n);
}
