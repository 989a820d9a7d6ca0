import { sealRequest, type SealRequest } from '../../lambda/rollup/rollup-event';
import { dayPlus } from '../../lambda/rollup/utc-day';
import { dayOf } from '../../lambda/traces/trace-keys';
import { UsageError } from '../failure';
import { rangeOf } from '../options/date-options';

/** What names the days. */
export interface SealDaysOptions {
  readonly since?: string;
  readonly until?: string;
  /** The last so many days that are over. */
  readonly days?: number;
  readonly allowFewer?: boolean;
}

/** The most days of one run, as of one event of the nightly function. */
export const MAX_SEAL_DAYS = 366;
const UTC = 'UTC';

/**
 * The UTC days that are to be sealed, by the rules of the nightly function:
 * yesterday and the day before where nothing is said, never today.
 *
 * @throws UsageError for days that cannot be sealed, or are said in two ways
 */
export function daysToSeal(
  { since, until, days, allowFewer = false }: SealDaysOptions,
  now: Date,
): SealRequest {
  const today = dayOf(now);
  if (days !== undefined && (since !== undefined || until !== undefined)) {
    throw new UsageError(
      `--days must stand alone, or --since and --until without it, got: --days ${days} with ` +
        `${since === undefined ? '--until' : '--since'}`,
    );
  }
  if (days !== undefined) {
    return sealRequest({ from: dayPlus(today, -days), to: dayPlus(today, -1), allowFewer }, today);
  }
  if (since === undefined && until === undefined) return sealRequest({ allowFewer }, today);
  const { from, to } =
    since === undefined
      ? rangeOf({ since: until, until, timezone: UTC }, 1, now)
      : rangeOf({ since, until: until ?? 'yesterday', timezone: UTC }, 1, now);
  if (to >= today) {
    throw new UsageError(
      `--until must be before today (${today} in UTC), as a day is sealed when it is over, got: ` +
        `${until ?? to}`,
    );
  }
  if (dayPlus(from, MAX_SEAL_DAYS) <= to) {
    throw new UsageError(
      `--since must be at most ${MAX_SEAL_DAYS} days before --until, got: ${since}; seal a part of ` +
        'them first',
    );
  }
  return sealRequest({ from, to, allowFewer }, today);
}
