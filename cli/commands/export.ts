import type { Writable } from 'node:stream';
import { type Command, Option } from 'commander';
import { plain } from '../../lambda/process/safe-text';
import type { ExportResult } from '../../reports/export/export';
import { EXPORT_FORMATS, type ExportFormat } from '../../reports/export/export-format';
import { costText } from '../../reports/figures/figures';
import { UsageError } from '../failure';
import { newCommand } from '../new-command';
import { filled } from '../options/common-options';
import type { Range } from '../options/date-options';
import { writeFileAtomically } from '../output/atomic-file';
import { countText } from '../output/figures-table';
import { daysText } from '../output/report-text';
import { addReprice, type RepriceFlags, repriceOf } from '../reprice';
import { action, type Context } from '../run';

interface Flags extends RepriceFlags {
  readonly format?: ExportFormat;
  readonly output?: string;
}

/** How standard output is named. */
const STANDARD_OUTPUT = '-';

/** `export`: every call of some days, as a file. */
export function addExportCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'export',
    summary: 'every call of some days, as CSV, JSON, JSON Lines or Parquet',
    description:
      'Calls are read as they are written out: memory does not grow with their number. No prompt is ' +
      'in it, as none is stored.\nWith --json, what was exported is told on standard output, so the ' +
      'calls need a file.',
    examples: [
      [
        'export --since 2026-11-01 --until 2026-11-30 --output november.csv',
        'a month; the ending tells the format',
      ],
      ['export --format jsonl | gzip > calls.jsonl.gz', 'the last seven days, to another program'],
      [
        'export --format parquet --output calls.parquet --timezone Europe/Berlin',
        'with local times of Berlin',
      ],
    ],
  })
    .addOption(
      new Option(
        '-f, --format <format>',
        'how calls are written; by default told by the ending of --output, else csv',
      ).choices(EXPORT_FORMATS),
    )
    .addOption(
      new Option('-o, --output <file>', 'the file that is written, or - for standard output').argParser(
        filled,
      ),
    );
  action<Flags>(addReprice(command), async context => {
    const format = formatOf(context.options);
    const file = fileOf(context, format);
    const range = context.range();
    const reprice = await repriceOf(context);
    const reports = await context.reports();
    const options = { ...(await context.reportOptions('Reading days')), reprice };
    const write = (stream: Writable) => reports.export(range, format, stream, options);
    if (file === undefined) {
      const result = await write(process.stdout);
      context.note(exportText(result, range, context.options.timezone));
      return;
    }
    const result = await writeFileAtomically(file, write);
    await context.print(
      result,
      () => `${exportText(result, range, context.options.timezone)}\n${plain(file)}\n`,
    );
  });
}

function formatOf({ format, output }: Flags): ExportFormat {
  if (format !== undefined) return format;
  return EXPORT_FORMATS.find(each => output?.toLowerCase().endsWith(`.${each}`)) ?? 'csv';
}

function fileOf({ options: { output, json } }: Context<Flags>, format: ExportFormat): string | undefined {
  if (output !== undefined && output !== STANDARD_OUTPUT) return output;
  if (json) {
    throw new UsageError(
      '--output must name a file where --json tells what was exported, such as --output calls.csv',
    );
  }
  if (format === 'parquet' && process.stdout.isTTY) {
    throw new UsageError(
      '--output must name a file, as Parquet is nothing for a terminal, such as --output calls.parquet',
    );
  }
  return undefined;
}

function exportText(
  { rows, bytes, unreadable, ...totals }: ExportResult,
  range: Range,
  timeZone: string,
): string {
  const left = unreadable > 0 ? `; ${countText(unreadable)} items could not be read` : '';
  return (
    `${countText(rows)} calls ${daysText({ ...range, timeZone })}, ${costText(totals)}, ` +
    `${countText(bytes)} bytes of ${totals.format}${left}`
  );
}
