/**
 * Number of quarter-hours in a UTC day. Rollups have sums for each quarter-hour, because the local midnight
 * of each time zone is at a quarter-hour of UTC.
 */
export const QUARTERS = 96;
export const MS_PER_QUARTER = 15 * 60_000;
export const MS_PER_DAY = QUARTERS * MS_PER_QUARTER;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** Returns true for a string such as `2026-11-22` if the calendar has this day. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Returns the start of a UTC day. */
export function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** Returns true if a moment is in a UTC day. Returns false for an invalid date. */
export function isInDay(moment: Date, day: string): boolean {
  const ms = moment.getTime() - startOfDay(day).getTime();
  return ms >= 0 && ms < MS_PER_DAY;
}

/** Adds a number of days to a UTC day. A negative number subtracts days. */
export function addUtcDays(day: string, days: number): string {
  return new Date(startOfDay(day).getTime() + days * MS_PER_DAY).toISOString().slice(0, day.length);
}

/**
 * Returns the number of days from `from` to `to`, both inclusive. The result is 0 or less if `to` is before
 * `from`.
 */
export function countDays(from: string, to: string): number {
  return Math.round((startOfDay(to).getTime() - startOfDay(from).getTime()) / MS_PER_DAY) + 1;
}
