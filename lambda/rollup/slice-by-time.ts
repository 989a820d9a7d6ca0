import type { SealedItem } from './rollup-item';
import type { PartKey, SealedPart } from './usage-part';
import { addSums, type GrowingSums, noSums, type Sums } from './usage-sums';
import { MS_PER_QUARTER, startOfDay } from './utc-day';

/** A part of an item within a span of time. */
export interface CutPart extends PartKey {
  readonly priceAsOf?: SealedPart['priceAsOf'];
  readonly sums: Sums;
}

/**
 * The parts of an item from one moment to before another; those without a call are left out. A day
 * of any time zone is cut exactly, also one of 23 or 25 hours, as its ends are quarter-hours of UTC.
 *
 * @throws RangeError where a moment is no quarter-hour
 */
export function cut({ day, parts }: Pick<SealedItem, 'day' | 'parts'>, from: Date, to: Date): CutPart[] {
  const start = startOfDay(day).getTime();
  const [first, end] = [quarterOf(from, start), quarterOf(to, start)];
  return parts.flatMap(({ quarters, ...key }) => {
    const sums: GrowingSums = noSums();
    for (const [quarter, ofQuarter] of quarters) {
      if (quarter >= first && quarter < end) addSums(sums, ofQuarter);
    }
    return sums.calls === 0 ? [] : [{ ...key, sums }];
  });
}

function quarterOf(moment: Date, start: number): number {
  const quarter = (moment.getTime() - start) / MS_PER_QUARTER;
  if (!Number.isInteger(quarter)) {
    throw new RangeError(`a sealed day is cut at quarter-hours, got: ${moment.getTime()}`);
  }
  return quarter;
}
