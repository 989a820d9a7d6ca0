import { TZDate } from '@date-fns/tz';
import { countDays, addUtcDays, isDay, MS_PER_QUARTER } from '../../lambda/rollup/utc-day';
import { ReportArgumentError } from '../errors';
import type { DayRange } from '../results';

/** Time span from `start` up to `end`. The span does not include `end`. */
export interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** Range of calendar days in a time zone. `from` and `to` are both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** Maximum number of days in a range. A longer range is probably a typing error. */
export const MAX_RANGE_DAYS = 1100;

/**
 * Validates a range, and returns its first day, its last day and its time zone.
 *
 * @throws ReportArgumentError if a day or the time zone is invalid, if `from` is after `to`, or if the range
 * is longer than `MAX_RANGE_DAYS`
 */
export function daysOf(range: DayRange, timeZone: string): Days {
  const { from, to } = typeof range === 'string' ? { from: range, to: range } : range;
  requireDay('range.from', from);
  requireDay('range.to', to);
  const days = countDays(from, to);
  if (days < 1) throw new ReportArgumentError({ code: 'reversed-range', from, to });
  if (days > MAX_RANGE_DAYS) {
    throw new ReportArgumentError({ code: 'range-too-long', from, to, days, maxDays: MAX_RANGE_DAYS });
  }
  return { from, to, timeZone: requireTimeZone(timeZone) };
}

/**
 * Validates a time zone, and returns it.
 *
 * @throws ReportArgumentError if `timeZone` is not an IANA time zone
 */
export function requireTimeZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
  } catch {
    throw new ReportArgumentError({ code: 'invalid-time-zone', value: timeZone });
  }
  return timeZone;
}

/** Returns the time at which a day begins in a time zone. */
export function startOfDayIn(day: string, timeZone: string): Date {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(new TZDate(year, month - 1, date, timeZone).getTime());
}

/** Returns the calendar day of a moment in a time zone, such as `2026-11-22`. */
export function dayIn(moment: Date, timeZone: string): string {
  return offsetText(moment, timeZone).slice(0, '2026-11-22'.length);
}

/** Formats a moment as local time in ISO 8601, with the UTC offset of the time zone at this moment. */
export function offsetText(moment: Date, timeZone: string): string {
  return new TZDate(moment.getTime(), timeZone).toISOString();
}

/**
 * Returns the time at which the first day begins, and the time at which the last day ends. In local time,
 * some days have 23 or 25 hours.
 */
export function spanOf({ from, to, timeZone }: Days): Span {
  return { start: startOfDayIn(from, timeZone), end: startOfDayIn(addUtcDays(to, 1), timeZone) };
}

/** Lists the days from `from` to `to`, both included, in the format `2026-11-22`. */
export function eachDay({ from, to }: Pick<Days, 'from' | 'to'>): string[] {
  return Array.from({ length: countDays(from, to) }, (_, index) => addUtcDays(from, index));
}

/**
 * Returns the end of the quarter-hour of a moment, e.g. 10:15 for 10:07. Rollups store sums of quarter-hours.
 */
export function endOfQuarter(moment: Date): Date {
  return new Date((Math.floor(moment.getTime() / MS_PER_QUARTER) + 1) * MS_PER_QUARTER);
}

function requireDay(argument: string, day: unknown): void {
  if (!isDay(day)) throw new ReportArgumentError({ code: 'invalid-day', argument, value: String(day) });
}
