import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from './failure';
import { type CustomPrices, discountProblem, type Discounts } from '../lambda/pricing/custom-prices';
import { parseModelId } from '../lambda/pricing/model-id';
import type { Repricing } from '../reports/results';

/** Options that every command accepts. A command prints a note for each given option that it ignores. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly timezone: string;
  readonly agent?: string;
  readonly model?: string;
  readonly table?: string;
  readonly stack?: string;
  readonly namespace?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

export type CommonOption = keyof CommonOptions;

/** Options that choose the days, the agent and the model of a report. */
export const SELECTION_OPTIONS = [
  'since',
  'until',
  'timezone',
  'agent',
  'model',
] as const satisfies readonly CommonOption[];

/** Common options that have no effect in a command without a trace table, e.g. `demo`. */
export const WITHOUT_TABLE: readonly CommonOption[] = [
  'table',
  'stack',
  'namespace',
  'region',
  'profile',
  'endpoint',
  ...SELECTION_OPTIONS,
];

/** Name and help texts of a command. */
export interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** Text that follows the summary in the help. */
  readonly description?: string;
  /** Example command lines without the program name, each with its purpose. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /**
   * Common options that the command ignores. The help omits these options. A note is printed if one of them
   * is given.
   */
  readonly ignores?: readonly CommonOption[];
}

const ignoredOptions = new WeakMap<Command, ReadonlySet<string>>();

/** Adds a command and its help to the program. */
export function newCommand(program: Command, { name, ...help }: CommandText): Command {
  return describeCommand(program.command(name), help);
}

/** Sets the help texts of a command. */
export function describeCommand(
  command: Command,
  { summary, description, examples, ignores = [] }: Omit<CommandText, 'name'>,
): Command {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const lines = examples.map(
    ([line, purpose]) => `  # ${purpose}\n  $ ${`token-analytics ${line}`.trimEnd()}`,
  );
  ignoredOptions.set(command, new Set(ignores));
  return command
    .summary(summary)
    .description(description === undefined ? sentence : `${sentence}\n${description}`)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Returns the common options that a command ignores. */
export function ignoredBy(command: Command): ReadonlySet<string> {
  return ignoredOptions.get(command) ?? new Set();
}

/** Adds the common options to the program. They may be placed before or after the command name. */
export function addCommonOptions(program: Command): void {
  program
    .addOption(new Option('--json', 'print one JSON document on standard output'))
    .addOption(new Option('--since <day>', 'first day: 2026-11-20, today, yesterday, or 7d, 4w, 3mo ago'))
    .addOption(new Option('--until <day>', 'last day, inclusive (default: today)'))
    .addOption(
      new Option('--timezone <zone>', 'IANA time zone of the days, or `local`')
        .argParser(timeZone)
        .default('UTC'),
    )
    .addOption(new Option('--agent <id>', 'only this agent').argParser(filled))
    .addOption(
      new Option('--model <id>', 'only this model, by model id, inference profile id or ARN').argParser(
        foundationModel,
      ),
    )
    .addOption(new Option('--table <name>', 'trace table, by name or ARN').argParser(filled))
    .addOption(new Option('--stack <name>', 'stack whose outputs name the trace table').argParser(filled))
    .addOption(
      new Option('--namespace <name>', 'metric namespace, to choose one of several tables').argParser(filled),
    )
    .addOption(new Option('--region <region>', 'AWS region').argParser(region))
    .addOption(new Option('--profile <name>', 'AWS profile').argParser(filled))
    .addOption(
      new Option('--endpoint <url>', 'endpoint of DynamoDB, for example of DynamoDB Local').argParser(url),
    );
}

/** Maximum value of `--limit`. */
const MAX_LIMIT = 10_000;

/** Adds the option `--limit`. Its value is a whole number from 1. `standard` is the default value. */
export function addLimit(command: Command, description: string, standard?: number): Command {
  const option = new Option('-n, --limit <number>', description).argParser(wholeNumber(1, MAX_LIMIT));
  return command.addOption(standard === undefined ? option : option.default(standard));
}

/** Creates an option whose value is a whole number from `min` to `max`. `standard` is its default value. */
export function numberOption(
  flags: string,
  description: string,
  min: number,
  max: number,
  standard: number,
): Option {
  return new Option(flags, description).argParser(wholeNumber(min, max)).default(standard);
}

/** Parsed values of all `--discount` options on the command line. */
export interface DiscountFlags {
  readonly discount?: Discounts;
}

/** Parsed values of `--reprice` and `--discount`. */
export interface RepriceFlags extends DiscountFlags {
  /** Path of a price file, or true if prices come from the catalog. */
  readonly reprice?: string | true;
}

/** Adds the options `--reprice` and `--discount`. */
export function addReprice(
  command: Command,
  description = "also show the cost at today's catalog prices, or at those of a price file",
): Command {
  return addDiscount(
    command.addOption(new Option('--reprice [file]', description)),
    'with --reprice: discount on list prices, for example anthropic=0.1 for 10 %',
  );
}

/** Adds the option `--discount`, which can be given several times. */
export function addDiscount(command: Command, description: string): Command {
  return command.addOption(
    new Option('--discount <name=share>', `${description}; by vendor, model id or pattern`).argParser(
      discount,
    ),
  );
}

/**
 * Returns the value of the report option for `--reprice`. It is false without `--reprice`, and true for
 * catalog prices. It is an object for a price file or discounts.
 *
 * @throws UsageError if `--discount` is given without `--reprice`
 */
export async function repricingOf({
  reprice,
  discount: discounts,
}: RepriceFlags): Promise<boolean | Repricing> {
  if (reprice === undefined && discounts !== undefined) {
    throw new UsageError('--discount must be given with --reprice, because recorded costs do not change');
  }
  if (reprice === undefined || (reprice === true && discounts === undefined)) return reprice === true;
  return { customPrices: reprice === true ? undefined : await readPrices(reprice), discounts };
}

export async function readPrices(file: string): Promise<CustomPrices> {
  const { readPriceFile } = await import('../reports/prices/price-file');
  return readPriceFile(file, await readFile(file, 'utf8'));
}

/** Parses an option value that must not be empty. */
export function filled(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

/** Returns a parser for option values that are whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return value => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** Parses an amount of US dollars. The amount must be 0 or more. */
export function usdAmount(value: string): number {
  const amount = /^\$?\d+(?:\.\d+)?$/.test(value) ? Number(value.replace('$', '')) : NaN;
  if (!(amount >= 0 && Number.isFinite(amount))) {
    throw new InvalidArgumentError('It must be an amount of US dollars, 0 or more, such as 12.50.');
  }
  return amount;
}

/** Parses the name of an AWS region. */
export function region(value: string): string {
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d+$/.test(value)) {
    throw new InvalidArgumentError('It must be an AWS region, such as eu-central-1.');
  }
  return value;
}

/** Parses the URL of an endpoint. */
export function url(value: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.');
  }
  return value;
}

/** Converts a model id to the id of the foundation model. Reports use this id as the name of the model. */
function foundationModel(value: string): string {
  const { model, opaque } = parseModelId(filled(value));
  return opaque ? value : model;
}

function timeZone(value: string): string {
  const zone = value === 'local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : value;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
  } catch {
    throw new InvalidArgumentError('It must be an IANA time zone, such as Europe/Berlin, or `local`.');
  }
  return zone;
}

/** Parses one `--discount` option. Returns the discounts in `before` and the new discount. */
function discount(value: string, before: Discounts = {}): Discounts {
  const end = value.lastIndexOf('=');
  const [name, share] = [value.slice(0, Math.max(0, end)).trim(), value.slice(end + 1).trim()];
  const problem = discountProblem(/^\d*\.?\d+$/.test(share) ? Number(share) : share, name);
  if (end < 0 || problem !== undefined) {
    throw new InvalidArgumentError(
      'It must be a vendor, a model id or a pattern with a share from 0 to 1, such as anthropic=0.1 for 10 %.',
    );
  }
  return Object.fromEntries([...Object.entries(before), [name, Number(share)]]);
}
