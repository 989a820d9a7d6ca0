import type { Command } from 'commander';
import { picoToUsdNumber } from '../../lambda/pricing/pico';
import type {
  AgentsReport,
  Figures,
  ModelsReport,
  NamedFigures,
  ReportHead,
  ReportOptions,
} from '../../reports/results';
import type { UsageReports } from '../../reports/usage-reports';
import type { Range } from '../date-range';
import {
  addLimit,
  addReprice,
  type CommandText,
  newCommand,
  type RepriceFlags,
  repricingOf,
} from '../options';
import {
  costLines,
  countText,
  emptyText,
  figureCells,
  figureColumns,
  headText,
  omittedText,
  partRows,
  shareText,
  totalRow,
} from '../output/report-text';
import { type Column, type Row, tableText } from '../output/table';
import { action } from '../run';

/** Adds the command `agents`, which prints the usage and cost of each agent. */
export function addAgentsCommand(program: Command): void {
  addSharesCommand(program, {
    name: 'agents',
    title: 'Agent',
    part: 'models',
    summary: 'usage and cost by agent, with the models of each agent',
    examples: [
      ['agents', 'the last seven days, most expensive agent first'],
      ['agents --since 4w --limit 5', 'the five most expensive agents since four weeks ago'],
      ['agents --agent triage --models', 'one agent, with its models'],
    ],
    read: async (reports, range, options) => {
      const report = await reports.agents(range, options);
      return { report, entries: report.agents.map(agent => ({ ...agent, parts: agent.models })) };
    },
  });
}

/** Adds the command `models`, which prints the usage and cost of each model. */
export function addModelsCommand(program: Command): void {
  addSharesCommand(program, {
    name: 'models',
    title: 'Model',
    part: 'agents',
    summary: 'usage and cost by model, with the agents of each model',
    examples: [
      ['models', 'the last seven days, most expensive model first'],
      ['models --agents --since 2026-11-01 --until 2026-11-30', 'a month, with the agents of each model'],
      ['models --reprice prices.json', 'also the cost of the same tokens at your own prices'],
    ],
    read: async (reports, range, options) => {
      const report = await reports.models(range, options);
      return { report, entries: report.models.map(model => ({ ...model, parts: model.agents })) };
    },
  });
}

/** Usage and cost of an agent and its models, or of a model and its agents. */
interface Share extends NamedFigures {
  readonly parts: readonly NamedFigures[];
}

interface SharesCommand extends Pick<CommandText, 'name' | 'summary' | 'examples'> {
  /** Header of the first column. */
  readonly title: string;
  /**
   * Kind of the rows below each entry: `models` for an agent, `agents` for a model. It is also the name of
   * the option that shows the rows, e.g. `--models`.
   */
  readonly part: 'agents' | 'models';
  readonly read: (
    reports: UsageReports,
    range: Range,
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

function addSharesCommand(
  program: Command,
  { name, summary, examples, title, part, read }: SharesCommand,
): void {
  const command = newCommand(program, { name, summary, examples }).option(
    `--${part}`,
    `also show the ${part} of each ${title.toLowerCase()}`,
  );
  addLimit(command, `show only the most expensive ${name}`);
  action<Flags>(addReprice(command), async context => {
    const { options } = context;
    const range = context.range();
    const reprice = await repricingOf(options);
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
    { header: 'Cost share', wide: true, drop: 5 },
    ...figureColumns(repriced),
  ];
  const hidden = entries.length - limit;
  return (
    headText(`${title}s`, report) +
    tableText(columns, [...rows, totalRow(['Total', ''], report.total, repriced)]) +
    (hidden > 0
      ? `The total includes ${countText(hidden)} more. Show all with --limit ${entries.length}.\n`
      : '') +
    costLines(report.total) +
    omittedText(report)
  );
}
