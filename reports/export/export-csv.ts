import { stringify } from 'csv-stringify/sync';
import type { ExportTarget, FormatWriter } from './export-format';
import { cellOf, type ExportColumn, type ExportedCall } from './export-rows';

/** Text that is nothing but text to any program, as nearly every name is: it is not looked at twice. */
const PLAIN = /^[A-Za-z0-9][\w.:/ -]*$/;
/** Many programs end a file at the first NUL. Tabs and line ends may stand in a quoted cell. */
const CONTROL = /(?![\t\r\n])\p{Cc}/gu;
const REPLACEMENT = '\uFFFD';
/**
 * What begins a formula in a spreadsheet, where blanks before it
 * and wide forms of it may be read as none and as the plain ones.
 */
const FORMULA = '[\\s\\u200b-\\u200f\\u2060]*[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]';
const LEADING = new RegExp(`^(?:[\\t\\r\\n]|${FORMULA})`);
/** A spreadsheet that takes another separator than a comma begins a new cell there, whatever is quoted. */
const WITHIN = new RegExp(`[;,|"\\t\\r\\n](?=${FORMULA})`, 'g');

/**
 * CSV as RFC 4180 has it, UTF-8 without a byte order mark. What is in the table may have been written to run
 * as a formula in the spreadsheet that opens the file: such text begins with an apostrophe here, which makes
 * a spreadsheet show it as text.
 */
export function csvWriter({ to, columns }: ExportTarget): FormatWriter {
  const lines = (rows: readonly unknown[][]) =>
    stringify([...rows], { record_delimiter: 'windows', quote_record_delimiter: true });
  return {
    begin: () => to.write(lines([columns.map(({ name }) => name)])),
    write: calls => to.write(lines(calls.map(call => columns.map(column => csvCell(column, call))))),
    end: () => Promise.resolve(),
  };
}

/** Text of the table as a cell that no spreadsheet runs. */
export function neutralised(text: string): string {
  if (PLAIN.test(text)) return text;
  const harmless = text.replace(CONTROL, REPLACEMENT).replace(WITHIN, "$&'");
  return LEADING.test(harmless) ? `'${harmless}` : harmless;
}

function csvCell(column: ExportColumn, call: ExportedCall): string | number | null {
  const cell = cellOf(column, call);
  if (typeof cell === 'boolean') return String(cell);
  return column.type === 'text' && typeof cell === 'string' ? neutralised(cell) : cell;
}
