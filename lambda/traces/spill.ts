import type { Item } from './attributes';

/** What marks a log line as a trace that did not reach the table. */
export const SPILL_MARK = 'TraceSpill';

/** Puts traces on the log, one JSON line each: the item as it would have been written, from which it can be written later. */
export function spill(items: readonly Item[]): { spilled: number; dropped: number } {
  let spilled = 0;
  for (const item of items) {
    try {
      process.stdout.write(`${JSON.stringify({ [SPILL_MARK]: item })}\n`);
      spilled += 1;
    } catch {
      // The log is closed: the difference is counted as dropped.
    }
  }
  return { spilled, dropped: items.length - spilled };
}
