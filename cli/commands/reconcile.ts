import { type Command, InvalidArgumentError, Option } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import {
  MAX_BILL_REQUESTS,
  PICO_USD_PER_REQUEST,
  USUAL_BILL_REQUESTS,
} from '../../reports/bill/billed-costs';
import { driftsBeyond } from '../../reports/bill/reconcile';
import type { Reconciliation } from '../../reports/bill/reconciliation';
import { canAsk, confirm } from '../confirm';
import { Failure, UsageError } from '../failure';
import { newCommand } from '../new-command';
import { wholeNumber } from '../options/common-options';
import { rangeOf } from '../options/date-options';
import { driftText, reconciliationText } from '../output/reconcile-text';
import { action, type Context } from '../run';

interface Flags {
  readonly yes?: boolean;
  readonly maxDrift?: number;
  readonly maxRequests: number;
  readonly account: readonly string[];
  readonly billRegion: readonly string[];
  readonly billingEndpoint?: string;
}

/** The last days where nothing is said, without today, of which the bill has a part at best. */
const DEFAULT_DAYS = 7;
const MOST_REQUESTS = 1000;
const MAX_PERCENT = 1000;

/** `reconcile`: what was recorded against what AWS billed. */
export function addReconcileCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'reconcile',
    summary: 'what was recorded against what AWS billed, by model and day',
    description:
      'The bill is read from Cost Explorer, which charges $0.01 for each request: it asks first. Days ' +
      'are UTC days, as the bill has no\n' +
      'others, by default the seven before today. It is up to 24 hours late: days that it may not have ' +
      'whole are shown and in no sum.',
    examples: [
      ['reconcile', 'the seven days before today'],
      ['reconcile --since 2026-11-01 --until 2026-11-20 --yes --json', 'a range of days, in a script'],
      [
        'reconcile --since 4w --max-drift 5 --yes || echo "look at the prices"',
        'ends with 3 where they are more than 5 % apart',
      ],
    ],
    ignores: ['timezone', 'agent', 'model'],
  })
    .addOption(new Option('-y, --yes', 'pay for the requests without being asked'))
    .addOption(
      new Option(
        '--max-drift <percent>',
        "end with 3 where the total is further from the bill's, up or down",
      ).argParser(percent),
    )
    .addOption(
      new Option('--max-requests <count>', 'the most requests to Cost Explorer')
        .argParser(wholeNumber(USUAL_BILL_REQUESTS, MOST_REQUESTS))
        .default(MAX_BILL_REQUESTS),
    )
    .addOption(
      new Option(
        '--account <id...>',
        "only charges of these accounts: a management account's bill has those of all",
      )
        .argParser(accounts)
        .default([], 'all'),
    )
    .addOption(
      new Option('--bill-region <region...>', 'only charges of these AWS regions')
        .argParser(regions)
        .default([], 'all'),
    )
    .addOption(new Option('--billing-endpoint <url>', 'another endpoint for Cost Explorer').argParser(url));
  action<Flags>(command, reconcile);
}

async function reconcile(context: Context<Flags>): Promise<void> {
  const {
    options: { maxRequests, account, billRegion, billingEndpoint, maxDrift, since, until, yes },
    signal,
  } = context;
  const range = rangeOf(
    { since, until: until ?? (since === undefined ? 'yesterday' : undefined), timezone: 'UTC' },
    DEFAULT_DAYS,
  );
  if (!yes && !canAsk()) {
    throw new UsageError(`--yes must be given where nobody can be asked: ${priceText(maxRequests)}`);
  }
  const reports = await context.reports();
  context.note(priceText(maxRequests));
  if (!yes && !(await confirm('Go on?', { signal }))) {
    context.note('token-analytics: nothing was asked of Cost Explorer');
    context.endWith('failure');
    return;
  }
  const result = await explained(
    reports.reconcile(range, {
      endpoint: billingEndpoint,
      maxRequests,
      accounts: account,
      regions: billRegion,
      signal,
    }),
  );
  await context.print(result, () => reconciliationText(result));
  context.note(`Cost Explorer: ${result.requests} requests, $${result.requestCostUsd}`);
  if (maxDrift !== undefined && driftsBeyond(result, maxDrift)) {
    context.note(`token-analytics: the total drifts by ${driftText(result.total)}, more than ${maxDrift}%`);
    context.endWith('exceeded');
  }
}

function priceText(maxRequests: number): string {
  const costOf = (requests: number) => usdText(BigInt(requests) * PICO_USD_PER_REQUEST);
  return (
    `Cost Explorer charges ${costOf(1)} for each request: this takes ${USUAL_BILL_REQUESTS} ` +
    `(${costOf(USUAL_BILL_REQUESTS)}), and one more for each further page of the bill, ` +
    `at most ${maxRequests} (${costOf(maxRequests)})`
  );
}

/** What is said of a bill that cannot be read needs no other words. */
async function explained(reading: Promise<Reconciliation>): Promise<Reconciliation> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && error.name === 'BillError') {
      throw new Failure(error.message, { cause: error });
    }
    throw error;
  }
}

function percent(value: string): number {
  const number = /^\d+(?:\.\d+)?%?$/.test(value) ? Number(value.replace('%', '')) : NaN;
  if (!(number >= 0 && number <= MAX_PERCENT)) {
    throw new InvalidArgumentError(`It must be a number of per cent from 0 to ${MAX_PERCENT}, such as 5.`);
  }
  return number;
}

function accounts(value: string, before: readonly string[]): readonly string[] {
  if (!/^\d{12}$/.test(value)) throw new InvalidArgumentError('It must be an account id of 12 digits.');
  return [...before, value];
}

function regions(value: string, before: readonly string[]): readonly string[] {
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d+$/.test(value)) {
    throw new InvalidArgumentError('It must be an AWS region, such as eu-central-1.');
  }
  return [...before, value];
}

function url(value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.');
  }
  return value;
}
