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
import type { CommonOptions } from './common-options';
import { MAX_RANGE_DAYS } from '../../reports/source/day-range';
import { UsageError } from '../failure';

/** Days of the calendar, both included. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

const DAY = 'yyyy-MM-dd';
const AGO = /^(\d{1,5})(d|w|mo)$/;
const EARLIER = { d: subDays, w: subWeeks, mo: subMonths } as const;

/**
 * The days that `--since` and `--until` name.
 *
 * @param days how many days it is where nothing is said, the last of them included
 * @throws UsageError for what is no day, and for a range that ends before it begins or is too long
 */
export function rangeOf(
  { since, until, timezone }: Pick<CommonOptions, 'since' | 'until' | 'timezone'>,
  days: number,
  now = new Date(),
): Range {
  const today = new TZDate(now.getTime(), timezone);
  const to = until === undefined ? today : dayOf('--until', until, today);
  const from = since === undefined ? subDays(to, days - 1) : dayOf('--since', since, today);
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
      `--since must be at most ${MAX_RANGE_DAYS} days before --until, got: ${since} (${count} days); ` +
        'ask for fewer',
    );
  }
  return range;
}

/** The first moment of the day that an option names. */
export function dayOption(option: string, value: string, timezone: string, now = new Date()): Date {
  return new Date(startOfDay(dayOf(option, value, new TZDate(now.getTime(), timezone))).getTime());
}

function dayOf(option: string, value: string, today: TZDate): TZDate {
  const text = value.trim().toLowerCase();
  if (text === 'today') return today;
  if (text === 'yesterday') return subDays(today, 1);
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined) return EARLIER[unit as keyof typeof EARLIER](today, Number(count));
  const day = parse(text, DAY, today);
  if (!isValid(day) || format(day, DAY) !== text) {
    throw new UsageError(
      `${option} must be a day such as 2026-11-20, today, yesterday, or 7d, 4w or 3mo ago, got: ${value}`,
    );
  }
  return day;
}
