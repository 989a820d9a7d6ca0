/**
 * Quarter-hours of a UTC day, which has neither summer time nor
 * leap seconds. Each time zone's offset is a whole number of them.
 */
export const QUARTERS = 96;
export const MS_PER_QUARTER = 15 * 60_000;
export const MS_PER_DAY = QUARTERS * MS_PER_QUARTER;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** Whether a text is a day of the calendar: `2026-11-22`. */
export function isDay(text: unknown): text is string {
  if (typeof text !== 'string' || !DAY.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The first moment of a UTC day. */
export function startOfDay(day: string): Date {
  return new Date(`${day}T00:00:00.000Z`);
}

/** True if a moment is in a UTC day; false for an invalid date. */
export function isInDay(moment: Date, day: string): boolean {
  const ms = moment.getTime() - startOfDay(day).getTime();
  return ms >= 0 && ms < MS_PER_DAY;
}

/** The day that is so many days later, or earlier. */
export function addUtcDays(day: string, days: number): string {
  return new Date(startOfDay(day).getTime() + days * MS_PER_DAY).toISOString().slice(0, day.length);
}

/** How many days are from one day to another, both included; 0 or less where the other is before. */
export function countDays(from: string, to: string): number {
  return Math.round((startOfDay(to).getTime() - startOfDay(from).getTime()) / MS_PER_DAY) + 1;
}
