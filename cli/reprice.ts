import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Context } from './run';
import type { CustomPrices } from '../lambda/pricing/custom-prices';
import type { Repricing } from '../reports/results';

/** What a command that can price anew is told. */
export interface RepriceFlags {
  /** A file of prices, or true for the catalog. */
  readonly reprice?: string | true;
}

/** Adds `--reprice`. */
export function addReprice(
  command: Command,
  description = "also what it costs by today's catalog, or by a file of your prices",
): Command {
  return command.addOption(new Option('--reprice [file]', description));
}

/** What a report is told of it. */
export async function repriceOf({
  options: { reprice },
}: Context<RepriceFlags>): Promise<boolean | Repricing> {
  if (typeof reprice !== 'string') return reprice === true;
  return { customPrices: await readPrices(reprice) };
}

/** Prices of a file. */
export async function readPrices(file: string): Promise<CustomPrices> {
  const { readPriceFile } = await import('../reports/prices/price-file');
  return readPriceFile(file, await readFile(file, 'utf8'));
}
