/** A moment in ISO 8601 with seconds and an offset: what Bedrock, EventBridge and our traces write. */
const MOMENT =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** CloudWatch takes no values of more than two hours ahead (PutMetricData, API reference). */
const MAX_AHEAD_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
/**
 * First year of calls. No model was billed by the token before. Programs that take seconds for milliseconds,
 * or have no clock, tell times of 1970.
 */
const FIRST_YEAR = 2020;

/** Bounds of the times that calls can have. */
export interface CallWindow {
  /** Days until a trace may be deleted; 0 keeps it for ever. Default: 0 */
  readonly ttlDays?: number;
  /** Default: the machine's clock */
  readonly now?: Date;
}

/**
 * Reads a moment: text in ISO 8601, or epoch milliseconds.
 *
 * @returns undefined for anything else, such as 31 February, which `Date.parse` takes for 3 March, and a year
 * of more than four digits
 */
export function momentOf(value: unknown): Date | undefined {
  if (typeof value === 'number') return validDate(new Date(value));
  const day = typeof value === 'string' ? MOMENT.exec(value)?.[1] : undefined;
  return day !== undefined && isOfCalendar(day) ? validDate(new Date(value as string)) : undefined;
}

/**
 * Returns why a call cannot have a time; undefined if it can. A trace of it would be expired when it is
 * written, or never be deleted, and reports of it would be wrong.
 */
export function callTimeProblem(
  timestamp: Date,
  { ttlDays = 0, now = new Date() }: CallWindow = {},
): string | undefined {
  const time = timestamp.getTime();
  if (Number.isNaN(time)) return 'the timestamp is no date';
  if (time > now.getTime() + MAX_AHEAD_MS) return 'the timestamp is more than two hours ahead';
  if (time < Date.UTC(FIRST_YEAR, 0)) return `the timestamp is before ${FIRST_YEAR}`;
  return ttlDays > 0 && time <= now.getTime() - ttlDays * DAY_MS
    ? `the timestamp is more than ${ttlDays} days ago, when its trace would be deleted`
    : undefined;
}

function isOfCalendar(day: string): boolean {
  return (
    validDate(new Date(`${day}T00:00:00.000Z`))
      ?.toISOString()
      .startsWith(day) === true
  );
}

function validDate(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
