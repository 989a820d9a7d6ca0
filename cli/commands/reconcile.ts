import { type Command, InvalidArgumentError, Option } from 'commander';
import { usdText } from '../../lambda/pricing/usd-text';
import {
  type BilledTokens,
  MAX_BILL_REQUESTS,
  PICO_USD_PER_REQUEST,
  USUAL_BILL_REQUESTS,
} from '../../reports/bill/billed-costs';
import { driftsBeyond } from '../../reports/bill/reconcile';
import type { Compared, Reconciliation } from '../../reports/bill/reconciliation';
import { costText } from '../../reports/figures/figures';
import { rangeOf } from '../date-range';
import { UsageError } from '../failure';
import { newCommand, region, url, wholeNumber } from '../options';
import { countText, differenceText } from '../output/report-text';
import { type Column, type Row, tableText } from '../output/table';
import { canAsk, confirm } from '../output/terminal';
import { action, type Context } from '../run';

interface Flags {
  readonly yes?: boolean;
  readonly maxDrift?: number;
  readonly maxRequests: number;
  readonly account: readonly string[];
  readonly billRegion: readonly string[];
  readonly billingEndpoint?: string;
}

/**
 * Number of days to compare by default. The last of these days is yesterday, because today's bill is
 * incomplete.
 */
const DEFAULT_DAYS = 7;
const MAX_REQUESTS = 1000;
const MAX_PERCENT = 1000;
const WHOLE_PERCENT = 100;
/** Placeholder for an unknown or missing figure. */
const NOTHING = '–';
const PERCENT = new Intl.NumberFormat('en-US', {
  style: 'percent',
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});

/** Adds the command `reconcile`, which compares recorded costs with the AWS bill. */
export function addReconcileCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'reconcile',
    summary: 'compare recorded costs with the AWS bill, by model and day',
    description:
      'The bill comes from Cost Explorer, which charges $0.01 for each request, so the command asks first. ' +
      'Days are UTC days, like those of the bill. The default is the seven days before today. The bill is ' +
      'up to 24 hours late: days that it may not have completely are shown, but are in no total.',
    examples: [
      ['reconcile', 'the seven days before today'],
      ['reconcile --since 2026-11-01 --until 2026-11-20 --yes --json', 'a range of days, in a script'],
      [
        'reconcile --since 4w --max-drift 5 --yes || echo "check the prices"',
        'exit code 3 if the totals differ by more than 5 %',
      ],
    ],
    ignores: ['timezone', 'agent', 'model'],
  })
    .addOption(new Option('-y, --yes', 'pay for the requests without a question'))
    .addOption(
      new Option(
        '--max-drift <percent>',
        'exit code 3 if the recorded total is further from the bill, up or down',
      ).argParser(percent),
    )
    .addOption(
      new Option('--max-requests <count>', 'maximum requests to Cost Explorer')
        .argParser(wholeNumber(USUAL_BILL_REQUESTS, MAX_REQUESTS))
        .default(MAX_BILL_REQUESTS),
    )
    .addOption(
      new Option(
        '--account <id...>',
        'only charges of these accounts; the bill of a management account has those of all members',
      )
        .argParser(accounts)
        .default([], 'all'),
    )
    .addOption(
      new Option('--bill-region <region...>', 'only charges of these AWS regions')
        .argParser((value: string, before: readonly string[]) => [...before, region(value)])
        .default([], 'all'),
    )
    .addOption(new Option('--billing-endpoint <url>', 'endpoint of Cost Explorer').argParser(url));
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
    throw new UsageError(`--yes must be given without a terminal to ask on. ${chargeText(maxRequests)}`);
  }
  const reports = await context.reports();
  context.note(chargeText(maxRequests));
  if (!yes && !(await confirm('Continue?', { signal }))) {
    context.note('token-analytics: no request was sent to Cost Explorer');
    context.endWith('failure');
    return;
  }
  const result = await reports.reconcile(range, {
    endpoint: billingEndpoint,
    maxRequests,
    accounts: account,
    regions: billRegion,
    signal,
  });
  await context.print(result, () => reconciliationText(result));
  context.note(`Cost Explorer: ${result.requests} requests, $${result.requestCostUsd}`);
  if (maxDrift !== undefined && driftsBeyond(result, maxDrift)) {
    context.note(`token-analytics: the total drifts by ${driftText(result.total)}, more than ${maxDrift}%`);
    context.endWith('exceeded');
  }
}

function chargeText(maxRequests: number): string {
  const costOf = (requests: number) => usdText(BigInt(requests) * PICO_USD_PER_REQUEST);
  return (
    `Cost Explorer charges ${costOf(1)} for each request. This takes ${USUAL_BILL_REQUESTS} requests ` +
    `(${costOf(USUAL_BILL_REQUESTS)}), one more for each further page of the bill, and at most ` +
    `${maxRequests} (${costOf(maxRequests)})`
  );
}

const COLUMNS: readonly Column[] = [
  { header: 'Day, model', align: 'left' },
  { header: 'Tokens', drop: 3 },
  { header: 'Billed tokens', drop: 3 },
  { header: 'Token drift', drop: 2 },
  { header: 'Recorded' },
  { header: 'Billed' },
  { header: 'Difference', drop: 1 },
  { header: 'Drift' },
];

/**
 * Returns a table and the notes below it. The table has, in this order:
 * - for each day, one row for the day and one row for each of its models
 * - for each model, one row with its total
 * - one row with the total of all complete days
 */
function reconciliationText({ days, rows, models, total, worst, notes }: Reconciliation): string {
  const dayRows = days
    .filter(({ recorded, billed }) => recorded ?? billed)
    .flatMap(({ day, settled, ...sides }): Row[] => [
      { cells: [settled ? day : `${day} (incomplete)`, ...comparisonCells(sides)] },
      ...rows
        .filter(row => row.day === day)
        .map(row => ({ cells: [`  ${row.model}`, ...comparisonCells(row)], tone: 'faint' as const })),
    ]);
  const totalRows: Row[] = [
    ...models.map(({ model, ...sides }, index) => ({
      cells: [model, ...comparisonCells(sides)],
      rule: index === 0,
    })),
    { cells: ['Complete days', ...comparisonCells(total)], rule: true, tone: 'strong' },
  ];
  const largest = worst === undefined ? [] : [`Largest drift: ${worst.model}, ${driftText(worst)}.`];
  return (
    tableText(COLUMNS, [...dayRows, ...totalRows]) + [...largest, ...notes].map(line => `${line}\n`).join('')
  );
}

/** Formats the difference between recorded and billed cost as a percentage of the billed cost: `-9.09%`. */
function driftText({ recorded, billed, drift: { percent: drift } }: Compared): string {
  if (drift !== undefined) return PERCENT.format(drift / WHOLE_PERCENT);
  return recorded !== undefined && billed === undefined ? 'not billed' : NOTHING;
}

function comparisonCells({ recorded, billed, drift, tokenDrift, ...rest }: Compared): string[] {
  const atLeast = billed !== undefined && billed.unknownUnits.length > 0 ? '≥ ' : '';
  return [
    recorded ? countText(totalTokens(recorded.tokens)) : NOTHING,
    billed ? `${atLeast}${countText(totalTokens(billed.tokens))}` : NOTHING,
    tokenDrift === undefined ? NOTHING : PERCENT.format(tokenDrift / WHOLE_PERCENT),
    recorded ? costText(recorded) : NOTHING,
    billed ? usdText(billed.picoUsd) : NOTHING,
    recorded || billed ? differenceText(drift.picoUsd) : NOTHING,
    driftText({ recorded, billed, drift, ...rest }),
  ];
}

function totalTokens(tokens: BilledTokens): number {
  return Object.values(tokens).reduce((sum, count) => sum + count, 0);
}

function percent(value: string): number {
  const number = /^\d+(?:\.\d+)?%?$/.test(value) ? Number(value.replace('%', '')) : NaN;
  if (!(number >= 0 && number <= MAX_PERCENT)) {
    throw new InvalidArgumentError(`It must be a percentage from 0 to ${MAX_PERCENT}, such as 5.`);
  }
  return number;
}

function accounts(value: string, before: readonly string[]): readonly string[] {
  if (!/^\d{12}$/.test(value)) throw new InvalidArgumentError('It must be an account id of 12 digits.');
  return [...before, value];
}
