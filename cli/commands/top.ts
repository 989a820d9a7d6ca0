import { type Command, Option } from 'commander';
import { TOP_BY, type TopBy, type TopReport } from '../../reports/results';
import { newCommand } from '../new-command';
import { addLimit } from '../options/number-options';
import { countText, figureCells, figureColumns, totalRow } from '../output/figures-table';
import { emptyText, headText, leftOutText } from '../output/report-text';
import { type Row, tableText } from '../output/table';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly by: TopBy;
  readonly limit: number;
}

const DEFAULT_COUNT = 10;

/** `top`: the dearest incidents, agents or models. */
export function addTopCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'top',
    summary: 'the dearest incidents, agents or models',
    description: 'For incidents each trace of the days is read, since rolled-up days know of none.',
    examples: [
      ['top', 'the ten dearest incidents of the last seven days'],
      ['top --by agent -n 3 --since 4w', 'the three dearest agents'],
      ["top --json | jq -r '.entries[].name'", 'their names alone'],
    ],
  }).addOption(new Option('--by <what>', 'what is compared').choices(TOP_BY).default('incident'));
  addLimit(command, 'how many', DEFAULT_COUNT);
  action<Flags>(addReprice(command), async context => {
    const { by, limit } = context.options;
    const range = context.range();
    const reprice = await repriceOf(context);
    const reports = await context.reports();
    const report = await reports.top(range, by, limit, { ...(await context.reportOptions()), reprice });
    await context.print(report, () => topText(report));
  });
}

function topText(report: TopReport): string {
  const { by, entries, count, forgotten, total } = report;
  if (count === 0) {
    return by === 'incident' && total.answered > 0
      ? `${emptyText(report)
          .trim()
          .replace(/^No calls/, 'No calls of an incident')}\n`
      : emptyText(report);
  }
  const repriced = total.repriced !== undefined;
  const rows: Row[] = entries.map((entry, index) => ({
    cells: [String(index + 1), entry.name, ...figureCells(entry, repriced)],
  }));
  const title = `${by.charAt(0).toUpperCase()}${by.slice(1)}`;
  return (
    headText(`Dearest ${by}s`, report) +
    tableText(
      [{ header: '#' }, { header: title, align: 'left' }, ...figureColumns(repriced)],
      [...rows, totalRow(['', by === 'incident' ? 'All calls' : 'Total'], total, repriced)],
    ) +
    (count > entries.length ? `${countText(entries.length)} of ${countText(count)}.\n` : '') +
    (forgotten === undefined
      ? ''
      : `There are so many that the cheapest ${countText(forgotten)} were forgotten on the way: what ` +
        'is shown can be less than the whole. Ask for fewer days.\n') +
    leftOutText(report)
  );
}
