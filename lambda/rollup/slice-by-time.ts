import type { RollupItem } from './rollup-item';
import type { PartKey, RollupPart } from './usage-part';
import { addSums, type MutableSums, noSums, type Sums } from './usage-sums';
import { MS_PER_QUARTER, startOfDay } from './utc-day';

/** A part of an item within a span of time. */
export interface TimeSlice extends PartKey {
  readonly priceAsOf?: RollupPart['priceAsOf'];
  readonly sums: Sums;
}

/**
 * The parts of an item from one moment to before another; those without a call are left out. A day
 * of any time zone is cut exactly, also one of 23 or 25 hours, as its ends are quarter-hours of UTC.
 *
 * @throws RangeError where a moment is no quarter-hour
 */
export function sliceByTime(
  { day, parts }: Pick<RollupItem, 'day' | 'parts'>,
  from: Date,
  to: Date,
): TimeSlice[] {
  const start = startOfDay(day).getTime();
  const [first, end] = [quarterOf(from, start), quarterOf(to, start)];
  return parts.flatMap(({ quarters, ...key }) => {
    const sums: MutableSums = noSums();
    for (const [quarter, ofQuarter] of quarters) {
      if (quarter >= first && quarter < end) addSums(sums, ofQuarter);
    }
    return sums.count === 0 ? [] : [{ ...key, sums }];
  });
}

function quarterOf(moment: Date, start: number): number {
  const quarter = (moment.getTime() - start) / MS_PER_QUARTER;
  if (!Number.isInteger(quarter)) {
    throw new RangeError(`a rolled-up day is cut at quarter-hours, got: ${moment.getTime()}`);
  }
  return quarter;
}
