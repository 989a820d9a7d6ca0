import type { Writable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { ExportResult } from '../../reports/export/export';
import { EXPORT_FORMATS, type ExportFormat } from '../../reports/export/export-format';
import { atLeastNotes } from '../../reports/figures/cost-notes';
import { costText } from '../../reports/figures/figures';
import type { Range } from '../date-range';
import { UsageError } from '../failure';
import { addReprice, filled, newCommand, type RepriceFlags, repricingOf } from '../options';
import { writeFileAtomically } from '../output/atomic-file';
import { countText, daysText, linesOf } from '../output/report-text';
import { action, type Context } from '../run';

interface Flags extends RepriceFlags {
  readonly format?: ExportFormat;
  readonly output?: string;
}

/** Value of `--output` that means standard output. */
const STANDARD_OUTPUT = '-';

/** Adds the command `export`, which writes every invocation of a date range to a file. */
export function addExportCommand(program: Command): void {
  const command = newCommand(program, {
    name: 'export',
    summary: 'export every call of a range as CSV, JSON, JSON Lines or Parquet',
    description:
      'Memory use does not grow with the number of calls. The export contains no prompts, because none are ' +
      'stored.\nWith --json, standard output gets a summary of the export, so --output must name a file.',
    examples: [
      [
        'export --since 2026-11-01 --until 2026-11-30 --output november.csv',
        'a month, in the format of the file extension',
      ],
      ['export --format jsonl | gzip > calls.jsonl.gz', 'the last seven days, piped to another program'],
      [
        'export --format parquet --output calls.parquet --timezone Europe/Berlin',
        'with local times of Berlin',
      ],
    ],
  })
    .addOption(
      new Option(
        '-f, --format <format>',
        'format of the export (default: from the extension of --output, otherwise csv)',
      ).choices(EXPORT_FORMATS),
    )
    .addOption(
      new Option('-o, --output <file>', 'file to write, or - for standard output').argParser(filled),
    );
  action<Flags>(addReprice(command), async context => {
    const format = chooseFormat(context.options);
    const file = chooseFile(context, format);
    const range = context.range();
    const reprice = await repricingOf(context.options);
    const reports = await context.reports();
    const options = { ...(await context.reportOptions('Reading days')), reprice };
    const write = (stream: Writable) => reports.export(range, format, stream, options);
    if (file === undefined) {
      const result = await write(process.stdout);
      for (const line of exportLines(result, range, context.options.timezone)) context.note(line);
      return;
    }
    const result = await writeFileAtomically(file, write);
    await context.print(result, () =>
      linesOf([...exportLines(result, range, context.options.timezone), file]),
    );
  });
}

function chooseFormat({ format, output }: Flags): ExportFormat {
  if (format !== undefined) return format;
  return EXPORT_FORMATS.find(each => output?.toLowerCase().endsWith(`.${each}`)) ?? 'csv';
}

/** Returns the path of the output file, or undefined for standard output. */
function chooseFile({ options: { output, json } }: Context<Flags>, format: ExportFormat): string | undefined {
  if (output !== undefined && output !== STANDARD_OUTPUT) return output;
  if (json) {
    throw new UsageError(
      '--output must name a file with --json, which prints a summary of the export. Pass, for example, ' +
        '--output calls.csv',
    );
  }
  if (format === 'parquet' && process.stdout.isTTY) {
    throw new UsageError(
      '--output must name a file for Parquet, which a terminal cannot show. Pass, for example, --output ' +
        'calls.parquet',
    );
  }
  return undefined;
}

/** Returns one line with the sums of an export, and lines with the reasons why its cost is a lower bound. */
function exportLines(
  { rows, bytes, unreadable, ...totals }: ExportResult,
  range: Range,
  timeZone: string,
): string[] {
  const omitted = unreadable > 0 ? `; ${countText(unreadable)} unreadable items omitted` : '';
  return [
    `${countText(rows)} calls ${daysText({ ...range, timeZone })}, ${costText(totals)}, ` +
      `${countText(bytes)} bytes of ${totals.format}${omitted}`,
    ...atLeastNotes(totals),
  ];
}
