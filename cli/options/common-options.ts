import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseModelId } from '../../lambda/pricing/model-id';

/** What every command takes, where it has a meaning to it. */
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

/** Options that find the table. */
export const OF_TABLE = [
  'table',
  'stack',
  'namespace',
  'region',
  'profile',
  'endpoint',
] as const satisfies readonly CommonOption[];
/** Options that choose what of it is reported on. */
export const OF_SELECTION = [
  'since',
  'until',
  'timezone',
  'agent',
  'model',
] as const satisfies readonly CommonOption[];

/** Adds them to the program: each is taken before and after a command's name. */
export function addCommonOptions(program: Command): void {
  program
    .addOption(new Option('--json', 'print one JSON document on standard output, and nothing else'))
    .addOption(new Option('--since <day>', 'the first day: 2026-11-20, today, yesterday, or 7d, 4w, 3mo ago'))
    .addOption(new Option('--until <day>', 'the last day, which is included; by default today'))
    .addOption(
      new Option('--timezone <zone>', 'the IANA time zone in which days begin and end, or `local`')
        .argParser(timeZone)
        .default('UTC'),
    )
    .addOption(new Option('--agent <id>', 'only this agent').argParser(filled))
    .addOption(
      new Option('--model <id>', "only this model, by its id, a profile's or an ARN").argParser(
        foundationModel,
      ),
    )
    .addOption(new Option('--table <name>', 'the trace table, by its name or ARN').argParser(filled))
    .addOption(
      new Option('--stack <name>', 'the stack in whose outputs the table is looked for').argParser(filled),
    )
    .addOption(
      new Option('--namespace <name>', 'which table is meant where stacks have several').argParser(filled),
    )
    .addOption(new Option('--region <region>', 'the AWS region').argParser(region))
    .addOption(new Option('--profile <name>', 'the AWS profile').argParser(filled))
    .addOption(
      new Option('--endpoint <url>', "another endpoint than AWS's, such as of DynamoDB Local").argParser(
        endpoint,
      ),
    );
}

/** A text that is not empty. */
export function filled(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return value => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** An amount of US dollars, 0 or more. */
export function usdAmount(value: string): number {
  const amount = /^\$?\d+(?:\.\d+)?$/.test(value) ? Number(value.replace('$', '')) : NaN;
  if (!(amount >= 0 && Number.isFinite(amount))) {
    throw new InvalidArgumentError('It must be an amount of US dollars, 0 or more, such as 12.50.');
  }
  return amount;
}

/** The foundation model that an id stands for, as reports name it. */
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

function region(value: string): string {
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d+$/.test(value)) {
    throw new InvalidArgumentError('It must be an AWS region, such as eu-central-1.');
  }
  return value;
}

function endpoint(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.');
  }
  return value;
}
