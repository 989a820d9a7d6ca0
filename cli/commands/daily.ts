import { type Command, Option } from 'commander';
import { plain } from '../../lambda/process/safe-text';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import type { CoveredShare } from '../../reports/covered-share/covered-share';
import type { DailyReport } from '../../reports/results';
import type { UsageReports } from '../../reports/usage-reports';
import { cloudWatchEndpoint } from '../cloudwatch-endpoint';
import type { Range } from '../date-range';
import { addReprice, newCommand, type RepriceFlags, repricingOf } from '../options';
import {
  costLines,
  emptyText,
  figureCells,
  figureColumns,
  headText,
  omittedText,
  partRows,
  totalRow,
} from '../output/report-text';
import { type Row, tableText } from '../output/table';
import { action, type Context } from '../run';

interface Flags extends RepriceFlags {
  readonly by?: 'agent' | 'model';
  readonly coveredShare?: boolean;
}

type DailyWithShare = DailyReport & { readonly coveredShare?: CoveredShare };

/** Adds the command `daily`, which prints the usage and cost of each day. `daily` is the default command. */
export function addDailyCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'daily',
    summary: 'calls, tokens, cache read share and cost of each day',
    description: 'The default range is the last seven days, including today. It is the default command.',
    examples: [
      ['', 'the last seven days'],
      ['daily --since 2026-11-01 --until 2026-11-30 --timezone Europe/Berlin', 'a month of days in Berlin'],
      ['daily --by agent --since 2d', 'with the agents of each day'],
      ['daily --reprice --since 4w', "also the cost of the same tokens at today's catalog prices"],
      ['daily --covered-share', "also the recorded share of the account's calls"],
      ['daily --json | jq -r .total.cost.usd', 'the exact total'],
    ],
  })
    .addOption(
      new Option('--by <what>', 'also show the agents or models of each day').choices(['agent', 'model']),
    )
    .addOption(
      new Option(
        '--covered-share',
        "also show which share of the account's calls is recorded, for all agents on the last UTC day that " +
          'is over; needs cloudwatch:GetMetricData, and costs $0.01 for 1,000 metrics, two for each model id',
      ),
    );
  action<Flags>(addReprice(command), async context => {
    const range = context.range();
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const daily = await reports.daily(range, { ...(await context.reportOptions()), reprice });
    const coveredShare = context.options.coveredShare
      ? await readCoveredShare(context, reports, range)
      : undefined;
    const report: DailyWithShare = coveredShare === undefined ? daily : { ...daily, coveredShare };
    await context.print(report, () => dailyText(report, context.options.by));
    if (coveredShare !== undefined) noteCoveredShare(context, coveredShare);
  });
}

/**
 * Reads the recorded share of the last UTC day in the range that is over. If no day is over, prints a note
 * and returns undefined.
 */
async function readCoveredShare(
  { options, signal, note }: Context<Flags>,
  reports: UsageReports,
  { from, to }: Range,
): Promise<CoveredShare | undefined> {
  const yesterday = addUtcDays(dayOf(new Date()), -1);
  const day = to < yesterday ? to : yesterday;
  if (day < from) {
    note('token-analytics: --covered-share needs a day that is over: begin the range before today');
    return undefined;
  }
  return reports.coveredShare({ day, endpoint: cloudWatchEndpoint(options), signal });
}

/** Prints the notes on the recorded share, and the price of the metrics that were read. */
function noteCoveredShare(
  { note }: Context<Flags>,
  { notes, metricsRead, metricsCostUsd }: CoveredShare,
): void {
  for (const text of notes) note(plain(`Recorded share: ${text}`));
  note(`CloudWatch: ${metricsRead} metrics read, $${metricsCostUsd}`);
}

function dailyText(report: DailyWithShare, by: Flags['by']): string {
  const shareLine = report.coveredShare === undefined ? '' : `${plain(report.coveredShare.summary)}\n`;
  if (report.days.every(({ answered, failed, fromCache }) => answered + failed + fromCache === 0)) {
    return emptyText(report) + shareLine;
  }
  const repriced = report.total.repriced !== undefined;
  const rows: Row[] = report.days.flatMap(day => [
    { cells: [day.complete ? day.day : `${day.day} …`, ...figureCells(day, repriced)] },
    ...(by === undefined ? [] : partRows(by === 'agent' ? day.agents : day.models, repriced)),
  ]);
  return (
    headText('Daily', report) +
    tableText(
      [{ header: 'Day', align: 'left' }, ...figureColumns(repriced)],
      [...rows, totalRow(['Total'], report.total, repriced)],
    ) +
    (report.days.some(({ complete }) => !complete) ? '… The day is not over.\n' : '') +
    costLines(report.total) +
    omittedText(report) +
    shareLine
  );
}
