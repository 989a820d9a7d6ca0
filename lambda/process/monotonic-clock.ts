/**
 * Returns the time of a clock that never goes back, in milliseconds. Only differences of two such times have
 * a meaning. `performance.now()` would return the same differences, but Node.js loads its module at the first
 * use, which takes longer than the rest of a flush.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
