import { TZDate } from '@date-fns/tz';
import {
  differenceInCalendarDays,
  format,
  isValid,
  parse,
  startOfDay,
  subDays,
  subMonths,
  subWeeks,
} from 'date-fns';
import { UsageError } from './failure';
import type { CommonOptions } from './options';
import { MAX_RANGE_DAYS } from '../reports/source/day-range';

/** First and last day of a report, both inclusive, e.g. `2026-11-20`. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

const DAY = 'yyyy-MM-dd';
const DAYS_AGO = /^(\d{1,5})(d|w|mo)$/;
const SUBTRACT = { d: subDays, w: subWeeks, mo: subMonths } as const;

/**
 * Returns the days from `--since` to `--until`, including both. The default of `--until` is today.
 *
 * @param days length of the range if `--since` is absent
 * @throws UsageError if an option is not a day, or if the range is reversed or too long
 */
export function rangeOf(
  { since, until, timezone }: Pick<CommonOptions, 'since' | 'until' | 'timezone'>,
  days: number,
  now = new Date(),
): Range {
  const today = new TZDate(now.getTime(), timezone);
  const to = until === undefined ? today : parseDay('--until', until, today);
  const from = since === undefined ? subDays(to, days - 1) : parseDay('--since', since, today);
  const range = { from: format(from, DAY), to: format(to, DAY) };
  const count = differenceInCalendarDays(to, from) + 1;
  if (count < 1) {
    throw new UsageError(
      until === undefined
        ? `--since must not be after today (${range.to}), got: ${since}`
        : `--since must not be after --until, got: ${since ?? range.from} (${range.from}) and ${until} ` +
            `(${range.to})`,
    );
  }
  if (count > MAX_RANGE_DAYS) {
    throw new UsageError(
      `--since must be at most ${MAX_RANGE_DAYS} days before --until, got: ${since} (${count} days). ` +
        'Read fewer days at a time',
    );
  }
  return range;
}

/**
 * Converts the value of a day option, e.g. `--at yesterday`, to the time at which this day starts in
 * `timezone`.
 *
 * @throws UsageError if `value` is not a day
 */
export function startOfDayOption(option: string, value: string, timezone: string, now = new Date()): Date {
  return new Date(startOfDay(parseDay(option, value, new TZDate(now.getTime(), timezone))).getTime());
}

function parseDay(option: string, value: string, today: TZDate): TZDate {
  const text = value.trim().toLowerCase();
  if (text === 'today') return today;
  if (text === 'yesterday') return subDays(today, 1);
  const [, count, unit] = DAYS_AGO.exec(text) ?? [];
  if (count !== undefined) return SUBTRACT[unit as keyof typeof SUBTRACT](today, Number(count));
  const day = parse(text, DAY, today);
  if (!isValid(day) || format(day, DAY) !== text) {
    throw new UsageError(
      `${option} must be a day such as 2026-11-20, today, yesterday, or 7d, 4w or 3mo ago, got: ${value}`,
    );
  }
  return day;
}
