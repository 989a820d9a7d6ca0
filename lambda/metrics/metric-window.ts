/** CloudWatch takes values of the last two weeks and of the next two hours (PutMetricData, API reference). */
const MAX_AGE_MS = 14 * 86_400_000;
const MAX_AHEAD_MS = 2 * 3_600_000;
/** Longest time from this check to the last attempt. It is longer than any flush. */
const MARGIN_MS = 60_000;

/** Returns true if CloudWatch accepts a value of this time. Otherwise it refuses the whole request. */
export function isInMetricWindow(timestamp: Date): boolean {
  const ageMs = Date.now() - timestamp.getTime();
  return ageMs <= MAX_AGE_MS - MARGIN_MS && ageMs >= -MAX_AHEAD_MS;
}
