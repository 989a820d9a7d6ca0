import { countDays, addUtcDays, isDay } from './utc-day';

/** What is to be rolled up. */
export interface RollupRequest {
  /** UTC days, in the order in which they are rolled up. */
  readonly days: readonly string[];
  /** Whether a day may be rolled up with fewer traces than it has been: traces were taken out on purpose. */
  readonly allowFewer: boolean;
}

/** Nightly, yesterday is rolled up, and the day before once more: its last traces may have come late. */
const NIGHTLY_DAYS = 2;
/** The most days of one event: a year. */
const MAX_DAYS = 366;
const FIELDS = ['day', 'from', 'to', 'allowFewer'];
/** What EventBridge's events have, whatever else is in them. */
const SCHEDULED = 'detail-type';

/**
 * Reads an event: `{ "day": "2026-11-20" }`, `{ "from": "2026-11-01", "to": "2026-11-20" }`,
 * or none, or a schedule's, for the nightly run.
 *
 * @param today the present UTC day, which is never rolled up
 * @throws Error for anything else
 */
export function parseRollupRequest(event: unknown, today: string): RollupRequest {
  if (event === undefined || event === null) return nightly(today);
  if (typeof event !== 'object' || Array.isArray(event)) {
    throw new Error(`the event must be an object, got: ${shown(event)}`);
  }
  const given = event as Readonly<Record<string, unknown>>;
  if (SCHEDULED in given) return nightly(today);
  const other = Object.keys(given).find(field => !FIELDS.includes(field));
  if (other !== undefined) {
    throw new Error(`the event may have ${FIELDS.join(', ')} and nothing else, got: ${shown(other)}`);
  }
  const { day, from, to, allowFewer = false } = given;
  if (typeof allowFewer !== 'boolean') {
    throw new Error(`allowFewer must be true or false, got: ${shown(allowFewer)}`);
  }
  if (day !== undefined && (from !== undefined || to !== undefined)) {
    throw new Error('the event must have either day or from and to, got both');
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
      `${field} must be before today (${today} in UTC), as a day is rolled up when it is over, got: ${value}`,
    );
  }
  return value;
}

const SHOWN_LENGTH = 40;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, SHOWN_LENGTH);
}
