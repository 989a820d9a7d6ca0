import type { RollupResult } from './roll-up-days';
import { tableText } from '../output/table';

/** The days that were rolled up, one a line, and what it took. */
export function rollupText({ days, tracesRead, itemsWritten, readUnits, writeUnits }: RollupResult): string {
  if (days.length === 0) return 'No day was rolled up.\n';
  const ordered = [...days].sort((one, other) => (one.day < other.day ? -1 : 1));
  return tableText(
    [
      { header: 'Day (UTC)', align: 'left' },
      { header: 'Calls' },
      { header: 'Agent × model' },
      { header: 'Removed', drop: 2 },
      { header: 'Unreadable', drop: 1 },
      { header: 'Read units', drop: 3 },
      { header: 'Write units', drop: 3 },
    ],
    [
      ...ordered.map(each => ({
        cells: [
          each.day,
          number(each.traces),
          number(each.items),
          number(each.removed),
          number(each.unreadable),
          number(each.readUnits),
          number(each.writeUnits),
        ],
      })),
      {
        cells: [
          'All',
          number(tracesRead),
          number(itemsWritten),
          sumOf(ordered, 'removed'),
          sumOf(ordered, 'unreadable'),
          number(readUnits),
          number(writeUnits),
        ],
        rule: true,
        tone: 'strong',
      },
    ],
  );
}

function sumOf(days: RollupResult['days'], figure: 'removed' | 'unreadable'): string {
  return number(days.reduce((sum, day) => sum + day[figure], 0));
}

function number(figure: number): string {
  return figure.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
