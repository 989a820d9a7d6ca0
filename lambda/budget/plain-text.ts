import { divideHalfUp, PICO_PER_USD } from '../pricing/pico';
import { plain, shortened } from '../process/safe-text';

const NOT_ASCII = /[^\x20-\x7e]/g;
const CENT = PICO_PER_USD / 100n;
/** Amounts have at most so many places, and at least two: below a dollar as many as tell a call's cost. */
const PLACES = [
  { from: PICO_PER_USD, places: 2 },
  { from: CENT, places: 4 },
  { from: 0n, places: 6 },
];
const PICO_PLACES = 12;
const CENTS = 2;

/** A name as one line of text of at most so many characters, whatever a caller put in it. */
export function safeName(name: string, maxLength: number): string {
  return shortened(plain(name).trim(), maxLength) || '(empty)';
}

/** The same in ASCII. */
export function asciiName(name: string, maxLength: number): string {
  const text = name.replace(NOT_ASCII, '?');
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 3)}...`;
}

/** An amount of money with sensible digits: `$1,234.50`, `$0.0123`, `$0.000367`. */
export function usdText(picoUsd: bigint): string {
  const places = PLACES.find(({ from }) => picoUsd >= from)?.places ?? PICO_PLACES;
  const scale = 10n ** BigInt(PICO_PLACES - places);
  const rounded = divideHalfUp(picoUsd, scale);
  if (rounded === 0n) return picoUsd > 0n ? '< $0.000001' : '$0.00';
  const digits = rounded.toString().padStart(places + 1, '0');
  const dollars = digits.slice(0, -places).replace(/\B(?=(\d{3})+$)/g, ',');
  return `$${dollars}.${digits.slice(-places).replace(/0+$/, '').padEnd(CENTS, '0')}`;
}

/** A part of a whole, to the tenth of a per cent; empty where the whole is nothing. */
export function shareText(part: bigint, whole: bigint): string {
  return whole > 0n ? percentText(Number(divideHalfUp(part * 1000n, whole)) / 10) : '';
}

export function percentText(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

/** Rows with their columns one below the other, the first to the left and the others to the right. */
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
