import CliTable from 'cli-table3';
import { colors, terminalWidth } from './terminal';
import { plain } from '../../lambda/process/safe-text';

/** Column of a table. */
export interface Column {
  readonly header: string;
  /** Alignment of the cells. Default: `right`, because most cells are numbers. */
  readonly align?: 'left' | 'right';
  /** True to hide the column in terminals narrower than {@link WIDE} characters. Default: false. */
  readonly wide?: boolean;
  /** True to omit the column if all of its cells are empty. Default: false. */
  readonly optional?: boolean;
  /**
   * Rank of the column if the table is too wide. Columns with the highest number are omitted first. Default:
   * the column is never omitted.
   */
  readonly drop?: number;
}

/** Row of a table. `cells` contains one text for each column. Control characters are replaced. */
export interface Row {
  readonly cells: readonly string[];
  /** True to draw a line above the row. Default: false. */
  readonly rule?: boolean;
  /** Style of the text: `strong` for totals, `faint` for details. */
  readonly tone?: 'strong' | 'faint';
}

/** Minimum width of a terminal that shows `wide` columns, in characters. */
const WIDE = 100;
/**
 * Minimum width of the first column in characters. In a table that is too wide, only the first column is cut.
 */
const MIN_FIRST_COLUMN = 8;

/**
 * Returns a bordered table that fits the terminal. If columns are omitted and `hint` is true, adds a hint
 * below the table.
 */
export function tableText(
  columns: readonly Column[],
  rows: readonly Row[],
  options: { readonly width?: number; readonly hint?: boolean } = {},
): string {
  const { width = terminalWidth(), hint = true } = options;
  const filled = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ optional, index }) => !optional || rows.some(({ cells }) => (cells[index] ?? '') !== ''));
  let shown = filled.filter(({ wide }) => width >= WIDE || !wide);
  let table = draw(shown, rows);
  while (tableWidth(table) > width) {
    const highest = Math.max(...shown.map(({ drop = 0 }) => drop));
    if (highest === 0) break;
    shown = shown.filter(({ drop }) => drop !== highest);
    table = draw(shown, rows);
  }
  const excess = tableWidth(table) - width;
  if (excess > 0) table = draw(shown, rows, excess);
  const footer =
    hint && shown.length < filled.length
      ? `${colors().dim('A wider terminal, or --json, shows more columns.')}\n`
      : '';
  return `${table.join('\n')}\n${footer}`;
}

type ShownColumn = Column & { readonly index: number };

function draw(columns: readonly ShownColumn[], rows: readonly Row[], excess = 0): string[] {
  const color = colors();
  const table = new CliTable({
    head: columns.map(({ header }) => color.bold(header)),
    colAligns: columns.map(({ align = 'right' }) => align),
    colWidths: excess > 0 ? [firstColumnWidth(columns, rows, excess)] : [],
    style: { head: [], border: [] },
  });
  for (const { cells, tone } of rows) {
    const paint = tone === 'strong' ? color.bold : tone === 'faint' ? color.dim : String;
    table.push(columns.map(({ index }) => paint(plain(cells[index] ?? ''))));
  }
  // Keeps only the lines above rows with `rule`, because cli-table3 draws a line between all rows.
  const lines = table.toString().split('\n');
  return lines.filter((_, line) => {
    const rowBelow = (line - 2) / 2;
    return (
      line % 2 === 1 ||
      line === 0 ||
      line === lines.length - 1 ||
      rowBelow === 0 ||
      rows[rowBelow]?.rule === true
    );
  });
}

function firstColumnWidth(columns: readonly ShownColumn[], rows: readonly Row[], excess: number): number {
  const padding = 2;
  const natural =
    Math.max(
      ...[columns[0].header, ...rows.map(({ cells }) => cells[columns[0].index] ?? '')].map(
        text => [...text].length,
      ),
    ) + padding;
  return Math.max(MIN_FIRST_COLUMN, natural - excess);
}

/**
 * Returns the width of a table in characters. Only the first line is measured, because other lines may
 * contain color codes.
 */
function tableWidth(lines: readonly string[]): number {
  return lines[0].length;
}
