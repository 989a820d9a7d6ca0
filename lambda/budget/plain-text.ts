import { divideHalfUp } from '../pricing/pico';
import { plain, shortened } from '../process/safe-text';

const NOT_ASCII = /[^\x20-\x7e]/g;

/**
 * Returns a name as one line of at most `maxLength` characters. Names come from callers, so they can contain
 * any text.
 */
export function safeName(name: string, maxLength: number): string {
  return shortened(plain(name).trim(), maxLength) || '(empty)';
}

/** Returns text as one line of at most `maxLength` ASCII characters. */
export function asciiName(name: string, maxLength: number): string {
  const text = name.replace(NOT_ASCII, '?');
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}

/**
 * Formats an amount as a percentage of a total, with one decimal place. Returns an empty text if the total is
 * 0.
 */
export function shareText(part: bigint, total: bigint): string {
  return total > 0n ? percentText(Number(divideHalfUp(part * 1000n, total)) / 10) : '';
}

/** Formats a percentage, for example as `96.2 %`. */
export function percentText(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

/**
 * Aligns the cells of rows in columns. The first column is aligned on the left, all other columns on the
 * right.
 */
export function columns(rows: readonly (readonly string[])[], gap = '  '): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => [...row[column]].length)));
  return rows.map(row =>
    row
      .map((cell, column) => {
        const fill = ' '.repeat(widths[column] - [...cell].length);
        return column === 0 ? cell + fill : fill + cell;
      })
      .join(gap)
      .trimEnd(),
  );
}
