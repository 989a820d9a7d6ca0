import type { Command } from 'commander';
import { type CommandText, newCommand } from './new-command';
import { addLimit } from './options/number-options';
import { countText, figureCells, figureColumns, partRows, shareText, totalRow } from './output/figures-table';
import { emptyText, headText, leftOutText } from './output/report-text';
import { type Column, type Row, tableText } from './output/table';
import { addReprice, type RepriceFlags, repriceOf } from './reprice';
import { action } from './run';
import { picoToUsdNumber } from '../lambda/pricing/pico';
import type {
  AgentsReport,
  Figures,
  ModelsReport,
  NamedFigures,
  ReportHead,
  ReportOptions,
} from '../reports/results';
import type { UsageReports } from '../reports/usage-reports';

/** An agent with its models, or a model with its agents. */
interface Share extends NamedFigures {
  readonly parts: readonly NamedFigures[];
}

/** A report of who has which share of the whole. */
interface SharesCommand extends Pick<CommandText, 'name' | 'summary' | 'examples'> {
  /** What the first column is headed. */
  readonly title: string;
  /** What an entry is made of: the option that shows it has the same name. */
  readonly part: 'agents' | 'models';
  readonly read: (
    reports: UsageReports,
    range: { from: string; to: string },
    options: ReportOptions,
  ) => Promise<{
    readonly report: AgentsReport | ModelsReport;
    readonly entries: readonly Share[];
  }>;
}

interface Flags extends RepriceFlags {
  readonly agents?: boolean;
  readonly models?: boolean;
  readonly limit?: number;
}

/** Adds `agents` or `models`: one is the other, turned around. */
export function addSharesCommand(
  program: Command,
  { name, summary, examples, title, part, read }: SharesCommand,
): void {
  const command = newCommand(program, { name, summary, examples }).option(
    `--${part}`,
    `below each, its ${part}`,
  );
  addLimit(command, 'show only the dearest');
  action<Flags>(addReprice(command), async context => {
    const { options } = context;
    const range = context.range();
    const reprice = await repriceOf(context);
    const reports = await context.reports();
    const { report, entries } = await read(reports, range, { ...(await context.reportOptions()), reprice });
    await context.print(report, () =>
      sharesText(title, report, entries, options.limit, options[part] === true),
    );
  });
}

function sharesText(
  title: string,
  report: ReportHead & { readonly total: Figures },
  entries: readonly Share[],
  limit = entries.length,
  withParts = false,
): string {
  if (entries.length === 0) return emptyText(report);
  const repriced = report.total.repriced !== undefined;
  const shareOf = ({ cost }: Figures) =>
    report.total.cost.picoUsd === 0n
      ? undefined
      : picoToUsdNumber(cost.picoUsd) / picoToUsdNumber(report.total.cost.picoUsd);
  const rows: Row[] = entries
    .slice(0, limit)
    .flatMap(({ parts, ...entry }) => [
      { cells: [entry.name, shareText(shareOf(entry)), ...figureCells(entry, repriced)] },
      ...(withParts ? partRows(parts, repriced, part => [shareText(shareOf(part))]) : []),
    ]);
  const columns: Column[] = [
    { header: title, align: 'left' },
    { header: 'Share', wide: true, drop: 5 },
    ...figureColumns(repriced),
  ];
  const left = entries.length - limit;
  return (
    headText(`${title}s`, report) +
    tableText(columns, [...rows, totalRow(['Total', ''], report.total, repriced)]) +
    (left > 0 ? `${countText(left)} more with --limit ${entries.length}; they are in the total.\n` : '') +
    leftOutText(report)
  );
}
