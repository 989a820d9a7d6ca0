import { TZDate } from '@date-fns/tz';
import { countDays, addUtcDays, isDay, MS_PER_QUARTER } from '../../lambda/rollup/utc-day';
import type { DayRange } from '../results';

/** Time from one moment to before another. */
export interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** Days of a time zone, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** The longest range: what is beyond is a slip of the keyboard. */
export const MAX_RANGE_DAYS = 1100;

/**
 * Days of a range.
 *
 * @throws RangeError for what is no day, an end before its begin, or more than {@link MAX_RANGE_DAYS}
 */
export function daysOf(range: DayRange, timeZone: string): Days {
  const { from, to } = typeof range === 'string' ? { from: range, to: range } : range;
  requireDay('from', from);
  requireDay('to', to);
  const count = countDays(from, to);
  if (count < 1) throw new RangeError(`the range must not end before it begins, got: ${from} to ${to}`);
  if (count > MAX_RANGE_DAYS) {
    throw new RangeError(
      `the range must be at most ${MAX_RANGE_DAYS} days, got: ${count} (${from} to ${to})`,
    );
  }
  return { from, to, timeZone: requireTimeZone(timeZone) };
}

/** @throws RangeError for what is no IANA time zone */
export function requireTimeZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
  } catch {
    throw new RangeError(`timeZone must be an IANA time zone such as Europe/Berlin, got: ${timeZone}`);
  }
  return timeZone;
}

/** The first moment of a day in a time zone. */
export function startOfDayIn(day: string, timeZone: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(new TZDate(year, month - 1, date, timeZone).getTime());
}

/** The day that a moment is in. */
export function dayIn(moment: Date, timeZone: string): string {
  return offsetText(moment, timeZone).slice(0, '2026-11-22'.length);
}

/** A moment as ISO 8601 with the time zone's offset. */
export function offsetText(moment: Date, timeZone: string): string {
  return new TZDate(moment.getTime(), timeZone).toISOString();
}

/** The time of days, from the first moment of the first to the last of the last: of 23 hours and 25, too. */
export function spanOf({ from, to, timeZone }: Days): Span {
  return { start: startOfDayIn(from, timeZone), end: startOfDayIn(addUtcDays(to, 1), timeZone) };
}

/** Each of the days. */
export function eachDay({ from, to }: Pick<Days, 'from' | 'to'>): string[] {
  return Array.from({ length: countDays(from, to) }, (_, index) => addUtcDays(from, index));
}

/** The end of the quarter-hour that a moment is in: sums have no finer time. */
export function endOfQuarter(moment: Date): Date {
  return new Date((Math.floor(moment.getTime() / MS_PER_QUARTER) + 1) * MS_PER_QUARTER);
}

function requireDay(name: string, day: unknown): void {
  if (!isDay(day)) {
    throw new RangeError(`the range's \`${name}\` must be a day such as 2026-11-20, got: ${String(day)}`);
  }
}
