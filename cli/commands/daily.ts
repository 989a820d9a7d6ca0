import { type Command, Option } from 'commander';
import type { DailyReport } from '../../reports/results';
import { addReprice, newCommand, type RepriceFlags, repricingOf } from '../options';
import {
  costNotes,
  emptyText,
  figureCells,
  figureColumns,
  headText,
  omittedText,
  partRows,
  totalRow,
} from '../output/report-text';
import { type Row, tableText } from '../output/table';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly by?: 'agent' | 'model';
}

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
      ['daily --json | jq -r .total.cost.usd', 'the exact total'],
    ],
  }).addOption(
    new Option('--by <what>', 'also show the agents or models of each day').choices(['agent', 'model']),
  );
  action<Flags>(addReprice(command), async context => {
    const range = context.range();
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const report = await reports.daily(range, { ...(await context.reportOptions()), reprice });
    await context.print(report, () => dailyText(report, context.options.by));
  });
}

function dailyText(report: DailyReport, by: Flags['by']): string {
  if (report.days.every(({ answered, failed, fromCache }) => answered + failed + fromCache === 0)) {
    return emptyText(report);
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
    costNotes(report.total) +
    omittedText(report)
  );
}
