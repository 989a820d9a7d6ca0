import { countDays, addUtcDays, isDay } from './utc-day';

/** Days to roll up, as parsed from the event of the Lambda function. */
export interface RollupRequest {
  /** UTC days, in the order in which they are rolled up. */
  readonly days: readonly string[];
  /**
   * True if a rollup may replace an earlier rollup with more traces, e.g. after traces were deleted on
   * purpose.
   */
  readonly allowFewer: boolean;
}

/**
 * Number of days that a nightly run rolls up: yesterday and the day before yesterday. The earlier day is
 * rolled up a second time, to include traces that came late.
 */
const NIGHTLY_DAYS = 2;
/** Maximum number of days in one event: a year. */
const MAX_DAYS = 366;
const FIELDS = ['day', 'from', 'to', 'allowFewer'];
/** Member that all EventBridge events have. An event with this member starts the nightly run. */
const EVENTBRIDGE_MEMBER = 'detail-type';

/**
 * Returns the UTC days to roll up. An event names the days as `{ "day": "2026-11-20" }` or as `{ "from":
 * "2026-11-01", "to": "2026-11-20" }`. If it names no days, as in a scheduled run, the result is yesterday
 * and the day before yesterday.
 *
 * @param today current UTC day. An event can name only earlier days
 * @throws if the event is invalid
 */
export function parseRollupRequest(event: unknown, today: string): RollupRequest {
  if (event === undefined || event === null) return nightly(today);
  if (typeof event !== 'object' || Array.isArray(event)) {
    throw new Error(`the event must be an object, got: ${shown(event)}`);
  }
  const given = event as Readonly<Record<string, unknown>>;
  if (EVENTBRIDGE_MEMBER in given) return nightly(today);
  const unknown = Object.keys(given).find(field => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw new Error(`the event must have no members but ${FIELDS.join(', ')}, got: ${shown(unknown)}`);
  }
  const { day, from, to, allowFewer = false } = given;
  if (typeof allowFewer !== 'boolean') {
    throw new Error(`allowFewer must be true or false, got: ${shown(allowFewer)}`);
  }
  if (day !== undefined && (from !== undefined || to !== undefined)) {
    throw new Error('the event must have day, or from and to, got both');
  }
  if (day !== undefined) return { days: [pastDay('day', day, today)], allowFewer };
  if (from === undefined && to === undefined) return { ...nightly(today), allowFewer };
  const [first, last] = [pastDay('from', from, today), pastDay('to', to, today)];
  const count = countDays(first, last);
  if (count < 1) throw new Error(`to must not be before from, got: ${first} to ${last}`);
  if (count > MAX_DAYS) throw new Error(`from and to must be at most ${MAX_DAYS} days, got: ${count}`);
  return { days: Array.from({ length: count }, (_, index) => addUtcDays(first, index)), allowFewer };
}

function nightly(today: string): RollupRequest {
  return {
    days: Array.from({ length: NIGHTLY_DAYS }, (_, index) => addUtcDays(today, -1 - index)),
    allowFewer: false,
  };
}

function pastDay(field: string, value: unknown, today: string): string {
  if (!isDay(value)) throw new Error(`${field} must be a UTC day such as 2026-11-20, got: ${shown(value)}`);
  if (value >= today) {
    throw new Error(
      `${field} must be before today (${today} in UTC), because only past days are rolled up, got: ${value}`,
    );
  }
  return value;
}

/** Maximum characters of a value that an error message quotes. */
const SHOWN_LENGTH = 40;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, SHOWN_LENGTH);
}
