import { type Command, Option } from 'commander';
import { wholeNumber } from './common-options';

/** The most entries that a list shows. */
const MAX_LIMIT = 10_000;

/** Adds `--limit`. */
export function addLimit(command: Command, description: string, standard?: number): Command {
  const option = new Option('-n, --limit <number>', description).argParser(wholeNumber(1, MAX_LIMIT));
  return command.addOption(standard === undefined ? option : option.default(standard));
}

/** An option whose value is a whole number. */
export function numberOption(
  flags: string,
  description: string,
  min: number,
  max: number,
  standard: number,
): Option {
  return new Option(flags, description).argParser(wholeNumber(min, max)).default(standard);
}
