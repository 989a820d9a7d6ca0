import type { Item } from './attributes';
import { levelMark, writeLines } from '../process/log-line';

/**
 * What marks a log line as a trace that did not reach the table,
 * and as a directory entry that did not, although its traces did.
 */
export const SPILL_MARK = 'TraceSpill';
export const ENTRY_MARK = 'TraceSpillEntry';

/**
 * Puts items on the log, one JSON line each: the item as it
 * would have been written, from which it can be written later.
 *
 * @returns how many of them the log took
 */
export function spill(items: readonly Item[], mark = SPILL_MARK): Promise<number> {
  const level = levelMark();
  return writeLines(
    process.stdout,
    items.map(item => JSON.stringify({ ...level, [mark]: item })),
  );
}
