/** Time in ISO 8601 with seconds and an offset, as in Bedrock's log, EventBridge and traces. */
const ISO_TIME =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Maximum time ahead of the clock. CloudWatch accepts no later values (PutMetricData, API reference). */
const MAX_AHEAD_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/**
 * First year of calls. No model was billed by token before. Programs without a clock, and those that pass
 * seconds instead of milliseconds, give times in 1970.
 */
const FIRST_YEAR = 2020;

/** Bounds of the times that calls can have. */
export interface CallWindow {
  /** Days until a trace expires. 0 keeps it for ever. Default: 0 */
  readonly ttlDays?: number;
  /** Current time. Default: the clock of the machine */
  readonly now?: Date;
}

/**
 * Parses a time: text in ISO 8601, or milliseconds since 1970.
 *
 * @returns undefined for any other value, for a year of more than four digits, and for a day that does not
 * exist, such as 31 February, which `Date.parse` reads as 3 March
 */
export function momentOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return validDate(new Date(value));
  const day = typeof value === 'string' ? ISO_TIME.exec(value)?.[1] : undefined;
  return day !== undefined && isCalendarDay(day) ? validDate(new Date(value as string)) : undefined;
}

/**
 * Returns the problem of a time that no call can have, or undefined for a possible time. A trace with such a
 * time would expire when it is written, or would never be deleted, and reports would be wrong.
 */
export function callTimeProblem(
  timestamp: Date,
  { ttlDays = 0, now = new Date() }: CallWindow = {},
): string | undefined {
  const time = timestamp.getTime();
  if (Number.isNaN(time)) return 'the timestamp is not a date';
  if (time > now.getTime() + MAX_AHEAD_MS) return 'the timestamp is more than two hours ahead';
  if (time < Date.UTC(FIRST_YEAR, 0)) return `the timestamp is before ${FIRST_YEAR}`;
  return ttlDays > 0 && time <= now.getTime() - ttlDays * DAY_MS
    ? `the timestamp is more than ${ttlDays} days ago, when its trace would be deleted`
    : undefined;
}

function isCalendarDay(day: string): boolean {
  return (
    validDate(new Date(`${day}T00:00:00.000Z`))
      ?.toISOString()
      .startsWith(day) === true
  );
}

function validDate(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
