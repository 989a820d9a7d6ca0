import { type Command, Option } from 'commander';
import { TOP_BY, type TopBy, type TopReport } from '../../reports/results';
import { addLimit, addReprice, newCommand, type RepriceFlags, repricingOf } from '../options';
import {
  costLines,
  countText,
  emptyText,
  figureCells,
  figureColumns,
  headText,
  omittedText,
  totalRow,
} from '../output/report-text';
import { type Row, tableText } from '../output/table';
import { action } from '../run';

interface Flags extends RepriceFlags {
  readonly by: TopBy;
  readonly limit: number;
}

const DEFAULT_COUNT = 10;

/** Adds the command `top`, which lists the most expensive incidents, agents or models. */
export function addTopCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'top',
    summary: 'the most expensive incidents, agents or models',
    description: 'By incident, it reads every trace of the range, because rollups have no incidents.',
    examples: [
      ['top', 'the ten most expensive incidents of the last seven days'],
      ['top --by agent -n 3 --since 4w', 'the three most expensive agents'],
      ["top --json | jq -r '.entries[].name'", 'only their names'],
    ],
  }).addOption(new Option('--by <what>', 'kind of the entries').choices(TOP_BY).default('incident'));
  addLimit(command, 'number of entries', DEFAULT_COUNT);
  action<Flags>(addReprice(command), async context => {
    const { by, limit } = context.options;
    const range = context.range();
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const report = await reports.top(range, by, limit, { ...(await context.reportOptions()), reprice });
    await context.print(report, () => topText(report));
  });
}

function topText(report: TopReport): string {
  const { by, entries, count, forgotten, total } = report;
  if (count === 0) {
    return emptyText(report, by === 'incident' && total.answered > 0 ? 'calls with an incident' : 'calls');
  }
  const repriced = total.repriced !== undefined;
  const rows: Row[] = entries.map((entry, index) => ({
    cells: [String(index + 1), entry.name, ...figureCells(entry, repriced)],
  }));
  const title = `${by.charAt(0).toUpperCase()}${by.slice(1)}`;
  return (
    headText(`Top ${by}s`, report) +
    tableText(
      [{ header: '#' }, { header: title, align: 'left' }, ...figureColumns(repriced)],
      [...rows, totalRow(['', by === 'incident' ? 'All calls' : 'Total'], total, repriced)],
    ) +
    (count > entries.length ? `${countText(entries.length)} of ${countText(count)}.\n` : '') +
    (forgotten === undefined
      ? ''
      : `The range has too many incidents: the sums of the ${countText(forgotten)} cheapest were dropped ` +
        'during the reading, so the figures can be too low. Read fewer days.\n') +
    costLines(total) +
    omittedText(report)
  );
}
