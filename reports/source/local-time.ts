import { tzOffset } from '@date-fns/tz';
import { MS_PER_QUARTER } from '../../lambda/rollup/utc-day';

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;
const DATE_LENGTH = '2026-11-22'.length;
/**
 * Maximum number of quarter-hours for which an offset is cached. 80,000 quarter-hours are more than two
 * years.
 */
const MAX_CACHED = 80_000;

export interface LocalTime {
  /** Local time in ISO 8601 with the offset: `2026-11-22T14:00:00.000+01:00`. */
  readonly text: string;
  readonly day: string;
}

interface Offset {
  readonly ms: number;
  readonly text: string;
}

/**
 * Returns a function that converts moments to the local time of a time zone. Finding the UTC offset is slow,
 * so the offset of each quarter-hour is cached. Within a quarter-hour, an offset never changes.
 */
export function localClock(timeZone: string): (moment: Date) => LocalTime {
  const offsets = new Map<number, Offset>();
  const offsetAt = (time: number): Offset => {
    const quarter = Math.floor(time / MS_PER_QUARTER);
    const known = offsets.get(quarter);
    if (known) return known;
    if (offsets.size >= MAX_CACHED) offsets.clear();
    const minutes = tzOffset(timeZone, new Date(quarter * MS_PER_QUARTER));
    const offset = { ms: minutes * MS_PER_MINUTE, text: offsetText(minutes) };
    offsets.set(quarter, offset);
    return offset;
  };
  return moment => {
    const time = moment.getTime();
    const { ms, text } = offsetAt(time);
    const local = new Date(time + ms).toISOString();
    return { text: `${local.slice(0, -1)}${text}`, day: local.slice(0, DATE_LENGTH) };
  };
}

function offsetText(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const amount = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(amount / MINUTES_PER_HOUR))}:${two(amount % MINUTES_PER_HOUR)}`;
}
