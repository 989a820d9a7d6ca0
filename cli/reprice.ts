import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './failure';
import type { Context } from './run';
import { type CustomPrices, discountProblem, type Discounts } from '../lambda/pricing/price-book';
import type { Repricing } from '../reports/results';

/** Discounts that a command is told. */
export interface DiscountFlags {
  readonly discount?: Discounts;
}

/** What a command that can price anew is told. */
export interface RepriceFlags extends DiscountFlags {
  /** A file of prices, or true for the catalog. */
  readonly reprice?: string | true;
}

/** Adds `--reprice`. */
export function addReprice(
  command: Command,
  description = "also what it costs by today's catalog, or by a file of your prices",
): Command {
  return addDiscount(
    command.addOption(new Option('--reprice [file]', description)),
    '--reprice: less than the list price by this share, such as anthropic=0.1 for 10 % less',
  );
}

/** Adds `--discount`, which can be given several times. */
export function addDiscount(command: Command, description: string): Command {
  return command.addOption(
    new Option('--discount <name=share>', `${description}; by vendor, model id or pattern`).argParser(
      discount,
    ),
  );
}

/** What a report is told of it. */
export async function repriceOf({
  options: { reprice, discount: discounts },
}: Context<RepriceFlags>): Promise<boolean | Repricing> {
  if (reprice === undefined && discounts !== undefined) {
    throw new UsageError('--discount needs --reprice, as what was recorded stays as it is');
  }
  if (reprice === undefined || (reprice === true && discounts === undefined)) return reprice === true;
  return { customPrices: reprice === true ? undefined : await readPrices(reprice), discounts };
}

/** Prices of a file. */
export async function readPrices(file: string): Promise<CustomPrices> {
  const { readPriceFile } = await import('../reports/prices/price-file');
  return readPriceFile(file, await readFile(file, 'utf8'));
}

/** Adds a discount to those that were given before it. */
function discount(value: string, before: Discounts = {}): Discounts {
  const end = value.lastIndexOf('=');
  const [name, share] = [value.slice(0, Math.max(0, end)).trim(), value.slice(end + 1).trim()];
  const problem = discountProblem(/^\d*\.?\d+$/.test(share) ? Number(share) : share, name);
  if (end < 0 || problem !== undefined) {
    throw new InvalidArgumentError(
      'It must be a vendor, a model id or a pattern with a share from 0 to 1, such as anthropic=0.1 for 10 % less.',
    );
  }
  return Object.fromEntries([...Object.entries(before), [name, Number(share)]]);
}
