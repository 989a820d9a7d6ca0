/**
 * Returns the time of a clock that never goes back, in milliseconds. Only the difference between two such
 * times has a meaning. Never throws: if a program has replaced `process.hrtime`, returns the system time.
 *
 * `performance.now()` is not used, because Node.js loads its module at the first use.
 */
export function monotonicMs(): number {
  try {
    const [seconds, nanoseconds] = process.hrtime();
    const ms = seconds * 1e3 + nanoseconds / 1e6;
    if (Number.isFinite(ms)) return ms;
  } catch {
    // A test can replace `process` with an object that has no `hrtime`. The system time is then used.
  }
  return Date.now();
}
