import { stringify } from 'csv-stringify/sync';
import type { ExportTarget, FormatWriter } from './export-format';
import { cellOf, type ExportColumn, type ExportedCall } from './export-rows';

/** Matches text that cannot be a spreadsheet formula. Such text is written unchanged. */
const PLAIN = /^[A-Za-z0-9][\w.:/ -]*$/;
/**
 * Matches control characters except tabs and line ends. The export replaces them, because some programs stop
 * reading at a control character.
 */
const CONTROL = /(?![\t\r\n])\p{Cc}/gu;
const REPLACEMENT = '\uFFFD';
/**
 * Pattern of the start of a spreadsheet formula: `=`, `+`, `-`, `@` or one of their full-width forms. White
 * space may come first, because spreadsheets may ignore it.
 */
const FORMULA = '[\\s\\u200b-\\u200f\\u2060]*[=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]';
const LEADING = new RegExp(`^(?:[\\t\\r\\n]|${FORMULA})`);
/** Matches a separator before a formula. Some spreadsheets start a new cell there, even inside quotes. */
const WITHIN = new RegExp(`[;,|"\\t\\r\\n](?=${FORMULA})`, 'g');

/**
 * Creates a writer of CSV files (RFC 4180, UTF-8). An apostrophe is put before text that a spreadsheet could
 * run as a formula, because traces may contain text from attackers.
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

/**
 * Changes text so that no spreadsheet runs it as a formula: puts an apostrophe before each possible formula.
 */
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
