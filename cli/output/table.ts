import CliTable from 'cli-table3';
import { createColors } from 'picocolors';
import { wantsColour } from './output';
import { plain } from '../../lambda/process/safe-text';

/** A column of a table. */
export interface Column {
  readonly header: string;
  /** Default: `right`, as for numbers. */
  readonly align?: 'left' | 'right';
  /** Whether it is shown only from {@link WIDE} columns of the terminal on. Default: false. */
  readonly wide?: boolean;
  /** Whether it is left out where no row has anything in it. Default: false. */
  readonly optional?: boolean;
  /** Where all columns do not fit, those with the highest number go first; those without one stay. */
  readonly drop?: number;
}

/**
 * A row of a table: a text for each column. What is in it may
 * be from anybody: no control character reaches the terminal.
 */
export interface Row {
  readonly cells: readonly string[];
  /** Whether a line is drawn above it. Default: false. */
  readonly rule?: boolean;
  /** Totals are strong, details faint. */
  readonly tone?: 'strong' | 'faint';
}

/** From how many columns of the terminal on a table has all of its own. */
const WIDE = 100;
/** Where there is no terminal. */
const DEFAULT_WIDTH = 120;
const MIN_WIDTH = 20;
/** The first column is cut to make the table fit, but not below this. */
const MIN_FIRST_COLUMN = 8;

/** The terminal's columns: `COLUMNS` goes before what the terminal says of itself. */
export function terminalWidth(): number {
  const said = Number(process.env.COLUMNS ?? '');
  return Math.max(
    MIN_WIDTH,
    Number.isInteger(said) && said > 0 ? said : (process.stdout.columns ?? DEFAULT_WIDTH),
  );
}

/** Colours, where they are wanted. */
export function colours() {
  return createColors(wantsColour());
}

/**
 * A boxed table that is no wider than the terminal, with a line end after its
 * last line. Where columns are left out, it says so, unless `hint` is false.
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
  while (widthOf(table) > width) {
    const least = Math.max(...shown.map(({ drop = 0 }) => drop));
    if (least === 0) break;
    shown = shown.filter(({ drop }) => drop !== least);
    table = draw(shown, rows);
  }
  const excess = widthOf(table) - width;
  if (excess > 0) table = draw(shown, rows, excess);
  const said =
    hint && shown.length < filled.length
      ? `${colours().dim('More columns in a wider terminal, and with --json.')}\n`
      : '';
  return `${table.join('\n')}\n${said}`;
}

type Shown = Column & { readonly index: number };

function draw(columns: readonly Shown[], rows: readonly Row[], excess = 0): string[] {
  const colour = colours();
  const table = new CliTable({
    head: columns.map(({ header }) => colour.bold(header)),
    colAligns: columns.map(({ align = 'right' }) => align),
    colWidths: excess > 0 ? [firstWidth(columns, rows, excess)] : [],
    style: { head: [], border: [] },
  });
  for (const { cells, tone } of rows) {
    const paint = tone === 'strong' ? colour.bold : tone === 'faint' ? colour.dim : String;
    table.push(columns.map(({ index }) => paint(plain(cells[index] ?? ''))));
  }
  // Each row is one line: of the lines between them, those that are asked for stay.
  const lines = table.toString().split('\n');
  return lines.filter((_, line) => {
    const above = (line - 2) / 2;
    return (
      line % 2 === 1 || line === 0 || line === lines.length - 1 || above === 0 || rows[above]?.rule === true
    );
  });
}

function firstWidth(columns: readonly Shown[], rows: readonly Row[], excess: number): number {
  const padding = 2;
  const natural =
    Math.max(
      ...[columns[0].header, ...rows.map(({ cells }) => cells[columns[0].index] ?? '')].map(
        text => [...text].length,
      ),
    ) + padding;
  return Math.max(MIN_FIRST_COLUMN, natural - excess);
}

/** The frame of the first line has no colour. */
function widthOf(lines: readonly string[]): number {
  return lines[0].length;
}
