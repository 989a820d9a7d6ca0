import { type PerUnit, UNIT_PRICES } from './list-prices/unit-prices';
import { usdToPico } from './pico';
import { type Unit, UNITS, type Units } from '../usage/billed-units';
import { SERVICE_NAMES } from '../usage/model-calls';

/** Number of one billed unit in an invocation, with its price and its cost. */
export interface UnitCost {
  readonly unit: Unit;
  readonly quantity: number;
  /** Price of one unit in US dollars, as exact decimal text. Undefined if no price is known. */
  readonly usdPerUnit?: string;
  /** Exact cost in pico-dollars. Undefined if no price is known. */
  readonly picoUsd?: bigint;
  /** Day (UTC) on which the price was read from its source. */
  readonly asOf?: string;
  readonly source?: string;
}

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
export function isBilledByUnits({ key }: UnitModel): boolean {
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

/** Returns the part of a cost that comes from units, in pico-dollars. */
export function unitCostOf(cost: { readonly units?: readonly UnitCost[] } | undefined): bigint {
  return (cost?.units ?? []).reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n);
}
