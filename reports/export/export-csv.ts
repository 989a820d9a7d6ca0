import { stringify } from 'csv-stringify/sync';
import type { ExportTarget, FormatWriter } from './export-format';
import { cellOf, type ExportColumn, type ExportedCall } from './export-rows';

/** Text without special characters. Most values match, and then need no further checks. */
const PLAIN = /^[A-Za-z0-9][\w.:/ -]*$/;
/**
 * Pattern of the control characters that are replaced by `REPLACEMENT`. For example, some programs stop
 * reading at a NUL. Tabs and line ends are not replaced, because a quoted cell may contain them.
 */
const CONTROL = /(?![\t\r\n])\p{Cc}/gu;
const REPLACEMENT = '\uFFFD';
/**
 * Start of a spreadsheet formula: `=`, `+`, `-`, `@` or one of their full-width forms. The first brackets
 * allow white space before the sign, because a spreadsheet may ignore white space.
 */
const FORMULA = '[\\s\\u200b-\\u200f\\u2060]*[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]';
const LEADING = new RegExp(`^(?:[\\t\\r\\n]|${FORMULA})`);
/** Separators before a formula. Some spreadsheets start a new cell at a separator, even inside quotes. */
const WITHIN = new RegExp(`[;,|"\\t\\r\\n](?=${FORMULA})`, 'g');

/**
 * Creates a writer of CSV (RFC 4180) in UTF-8 without a byte order mark. Puts an apostrophe before text that
 * a spreadsheet could run as a formula, because traces may contain text from attackers.
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

/** Changes text so that no spreadsheet runs it as a formula. */
export function neutralize(text: string): string {
  if (PLAIN.test(text)) return text;
  const harmless = text.replace(CONTROL, REPLACEMENT).replace(WITHIN, "$&'");
  return LEADING.test(harmless) ? `'${harmless}` : harmless;
}

function csvCell(column: ExportColumn, call: ExportedCall): string | number | null {
  const cell = cellOf(column, call);
  if (typeof cell === 'boolean') return String(cell);
  return column.type === 'text' && typeof cell === 'string' ? neutralize(cell) : cell;
}
