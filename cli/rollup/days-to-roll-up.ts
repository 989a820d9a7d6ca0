import { parseRollupRequest, type RollupRequest } from '../../lambda/rollup/rollup-event';
import { addUtcDays } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { UsageError } from '../failure';
import { rangeOf } from '../options/date-options';

/** What names the days. */
export interface RollupDaysOptions {
  readonly since?: string;
  readonly until?: string;
  /** The last so many days that are over. */
  readonly days?: number;
  readonly allowFewer?: boolean;
}

/** The most days of one run, as of one event of the nightly function. */
export const MAX_ROLLUP_DAYS = 366;
const UTC = 'UTC';

/**
 * The UTC days that are to be rolled up, by the rules of the nightly function:
 * yesterday and the day before where nothing is said, never today.
 *
 * @throws UsageError for days that cannot be rolled up, or are said in two ways
 */
export function daysToRollUp(
  { since, until, days, allowFewer = false }: RollupDaysOptions,
  now: Date,
): RollupRequest {
  const today = dayOf(now);
  if (days !== undefined && (since !== undefined || until !== undefined)) {
    throw new UsageError(
      `--days must stand alone, or --since and --until without it, got: --days ${days} with ` +
        `${since === undefined ? '--until' : '--since'}`,
    );
  }
  if (days !== undefined) {
    return parseRollupRequest(
      { from: addUtcDays(today, -days), to: addUtcDays(today, -1), allowFewer },
      today,
    );
  }
  if (since === undefined && until === undefined) return parseRollupRequest({ allowFewer }, today);
  const { from, to } =
    since === undefined
      ? rangeOf({ since: until, until, timezone: UTC }, 1, now)
      : rangeOf({ since, until: until ?? 'yesterday', timezone: UTC }, 1, now);
  if (to >= today) {
    throw new UsageError(
      `--until must be before today (${today} in UTC), as a day is rolled up when it is over, got: ` +
        `${until ?? to}`,
    );
  }
  if (addUtcDays(from, MAX_ROLLUP_DAYS) <= to) {
    throw new UsageError(
      `--since must be at most ${MAX_ROLLUP_DAYS} days before --until, got: ${since}; roll up a part of ` +
        'them first',
    );
  }
  return parseRollupRequest({ from, to, allowFewer }, today);
}
