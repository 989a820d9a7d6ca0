import { type CostPoint, PERIOD_SECONDS } from './budget-status';
import { usdToPico } from '../pricing/pico';

/** What is spent an hour, now and usually, in pico-dollars. */
export interface HourlySpend {
  readonly now: bigint;
  /** The mean of the same hour on the days before; undefined where there was none. */
  readonly usual?: bigint;
  /** How many days that is the mean of. */
  readonly usualDays: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PERIOD_MS = PERIOD_SECONDS * 1000;
const USUAL_DAYS = 7;

/**
 * Compares the last hour with the same hour of the seven days before, as far as the series goes back.
 *
 * @param points the cost series, with at least eight days in it
 */
export function hourlySpend(points: readonly CostPoint[], now: Date): HourlySpend {
  // The series has no finer time than its periods: the last hour
  // is their last four, and what there is of the present one.
  const from = Math.floor((now.getTime() - HOUR_MS) / PERIOD_MS) * PERIOD_MS;
  const between = (start: number, end: number) =>
    points
      .filter(({ time }) => time.getTime() >= start && time.getTime() < end)
      .reduce((sum, { usd }) => sum + usdToPico(usd), 0n);
  const spent = between(from, Infinity);
  const first = points.reduce((earliest, { time }) => Math.min(earliest, time.getTime()), Infinity);
  const days = Array.from({ length: USUAL_DAYS }, (_, index) => from - (index + 1) * DAY_MS).filter(
    start => first < start + HOUR_MS,
  );
  const usual = days.reduce((sum, start) => sum + between(start, start + HOUR_MS), 0n);
  return {
    now: (spent * BigInt(HOUR_MS)) / BigInt(now.getTime() - from),
    usual: days.length === 0 ? undefined : usual / BigInt(days.length),
    usualDays: days.length,
  };
}
