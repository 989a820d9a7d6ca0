import { type Command, Option } from 'commander';
import type { DailyReport } from '../../reports/results';
import { newCommand } from '../new-command';
import { figureCells, figureColumns, partRows, totalRow } from '../output/figures-table';
import { emptyText, headText, leftOutText } from '../output/report-text';
import { type Row, tableText } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly by?: 'agent' | 'model';
}

/** `daily`: each day's calls, tokens and cost. Bare, the command is this. */
export function addDailyCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'daily',
    summary: "each day's calls, tokens, cache share and cost",
    description:
      'By default of the last seven days, today included. This is what the command does where none is named.',
    examples: [
      ['', 'the last seven days'],
      ['daily --since 2026-11-01 --until 2026-11-30 --timezone Europe/Berlin', 'a month as Berlin has it'],
      ['daily --by agent --since 2d', "with each day's agents"],
      ['daily --reprice --since 4w', "beside it, what the same tokens cost by today's catalog"],
      ['daily --json | jq -r .total.cost.usd', 'the exact total'],
    ],
  }).addOption(new Option('--by <what>', 'below each day, its agents or models').choices(['agent', 'model']));
  action<Flags>(addReprice(command), async context => {
    const range = context.range();
    const reprice = await repriceOf(context);
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
    (report.days.some(({ complete }) => !complete) ? '… the day is not over.\n' : '') +
    leftOutText(report)
  );
}
