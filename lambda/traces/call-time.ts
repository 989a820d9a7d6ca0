/**
 * Time in ISO 8601 with seconds and a UTC offset, such as `2026-11-22T05:00:00Z`. Bedrock logs, EventBridge
 * events and traces contain times in this format.
 */
const ISO_TIME =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Maximum distance of a timestamp in the future, in milliseconds. CloudWatch has the same limit for metric
 * values (PutMetricData, API reference).
 */
const MAX_AHEAD_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/**
 * Earliest valid year of a call. No model was billed by token before 2020. Earlier times, such as 1970, come
 * from a wrong clock or from seconds in place of milliseconds.
 */
const FIRST_YEAR = 2020;
const FIRST_MS = Date.UTC(FIRST_YEAR, 0);

/** Options of {@link callTimeProblem}. */
export interface CallWindow {
  /** Days until a trace expires. If 0, traces never expire. Default: 0 */
  readonly ttlDays?: number;
  /** Current time. Default: the clock of the machine */
  readonly now?: Date;
}

/**
 * Parses a time: text in ISO 8601, such as `2026-11-22T05:00:00Z`, or milliseconds since 1970.
 *
 * @returns undefined for any other value. Unlike `Date.parse`, returns undefined for a day that does not
 * exist, such as 31 February
 */
export function momentOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return validDate(new Date(value));
  const day = typeof value === 'string' ? ISO_TIME.exec(value)?.[1] : undefined;
  return day !== undefined && isCalendarDay(day) ? validDate(new Date(value as string)) : undefined;
}

/**
 * Returns the reason why `timestamp` cannot be the time of a model call. Returns undefined if the timestamp
 * is valid. A wrong timestamp leads to a wrong expiry time of the trace.
 */
export function callTimeProblem(timestamp: Date, { ttlDays = 0, now }: CallWindow = {}): string | undefined {
  const time = timestamp.getTime();
  const nowMs = now?.getTime() ?? Date.now();
  if (Number.isNaN(time)) return 'the timestamp is not a date';
  if (time > nowMs + MAX_AHEAD_MS) return 'the timestamp is more than two hours ahead';
  if (time < FIRST_MS) return `the timestamp is before ${FIRST_YEAR}`;
  return ttlDays > 0 && time <= nowMs - ttlDays * DAY_MS
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
