import { formatDuration, intervalToDuration } from 'date-fns';
import type { Column, Row } from './table';
import { usdText } from '../../lambda/pricing/usd-text';
import { costText } from '../../reports/figures/figures';
import type { Figures, NamedFigures, RepricedMoney } from '../../reports/results';

const COUNT = new Intl.NumberFormat('en-US');
const SHARE = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const CHANGE = new Intl.NumberFormat('en-US', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
});
const NOTHING = '–';
const MINUTE = 60_000;

/** A number for a person to read: `1,234`. */
export function countText(value: number): string {
  return COUNT.format(value);
}

/** A part of a whole: `61.5%`. */
export function shareText(value: number | undefined): string {
  return value === undefined ? NOTHING : SHARE.format(value);
}

/** By how much something differs: `+12.5%`. */
export function changeText(value: number | undefined): string {
  return value === undefined ? NOTHING : CHANGE.format(value);
}

/** Milliseconds, in seconds from one on, and in words from a minute on. */
export function millisecondsText(value: number | undefined): string {
  const second = 1000;
  if (value === undefined) return NOTHING;
  if (value < second) return `${Math.round(value)} ms`;
  return value < MINUTE
    ? `${(value / second).toFixed(1)} s`
    : formatDuration(intervalToDuration({ start: 0, end: value }), {
        format: ['years', 'months', 'days', 'hours', 'minutes'],
      });
}

/** An amount that can be less than nothing, with its sign: `+$0.12`. */
export function differenceText(picoUsd: bigint): string {
  return `${picoUsd > 0n ? '+' : ''}${usdText(picoUsd)}`;
}

/** The columns of {@link figureCells}, after those that say whose the figures are. */
export function figureColumns(repriced = false): readonly Column[] {
  return [
    { header: 'Calls', drop: 2 },
    { header: 'Errors', drop: 6, wide: true },
    { header: 'Input', drop: 4 },
    { header: 'Output', drop: 4 },
    { header: 'Cache read', drop: 7, wide: true },
    { header: 'Cache write', drop: 8, wide: true },
    { header: 'Cached', drop: 3 },
    ...(repriced
      ? [{ header: 'Recorded' }, { header: 'Repriced' }, { header: 'Difference', drop: 1 }]
      : [{ header: 'Cost' }]),
  ];
}

/** A row's cells for {@link figureColumns}. */
export function figureCells(figures: Figures, repriced = figures.repriced !== undefined): readonly string[] {
  return [
    countText(figures.answered),
    countText(figures.failed),
    countText(figures.inputTokens),
    countText(figures.outputTokens),
    countText(figures.cacheReadTokens),
    countText(figures.cacheWrite5mTokens + figures.cacheWrite1hTokens),
    shareText(figures.cacheShare),
    costText(figures.cost),
    ...(repriced ? repricedCells(figures.repriced) : []),
  ];
}

/** A table's last row. */
export function totalRow(first: readonly string[], figures: Figures, repriced?: boolean): Row {
  return { cells: [...first, ...figureCells(figures, repriced)], rule: true, tone: 'strong' };
}

/**
 * Details, below what they are of.
 *
 * @param between cells between the name and the figures
 */
export function partRows(
  parts: readonly NamedFigures[],
  repriced?: boolean,
  between: (part: NamedFigures) => readonly string[] = () => [],
): Row[] {
  return parts.map(part => ({
    cells: [`  ${part.name}`, ...between(part), ...figureCells(part, repriced)],
    tone: 'faint' as const,
  }));
}

function repricedCells(repriced: RepricedMoney | undefined): string[] {
  return repriced === undefined
    ? [NOTHING, NOTHING]
    : [costText(repriced), differenceText(repriced.differencePicoUsd)];
}
