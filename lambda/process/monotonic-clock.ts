/**
 * Returns the time of a clock that never goes back, in milliseconds. Only differences of two times have a
 * meaning. Never throws: if a program has replaced `process.hrtime`, returns the system time.
 *
 * `performance.now()` is not used, because Node.js loads its module at the first use.
 */
export function monotonicMs(): number {
  try {
    const [seconds, nanoseconds] = process.hrtime();
    const ms = seconds * 1e3 + nanoseconds / 1e6;
    if (Number.isFinite(ms)) return ms;
  } catch {
    // A test can replace `process` or `process.hrtime` with an object that lacks the function.
  }
  return Date.now();
}
