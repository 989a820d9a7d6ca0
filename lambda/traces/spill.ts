import { levelMark, writeLines } from '../log-line';
import type { Item } from './attributes';

/** What marks a log line as a trace that did not reach the table. */
export const SPILL_MARK = 'TraceSpill';

/**
 * Puts items on the log, one JSON line each: the item as it would have been written, from which it can be written later.
 *
 * @returns how many of them the log took
 */
export function spill(items: readonly Item[]): Promise<number> {
  const mark = levelMark();
  return writeLines(process.stdout, items.map(item => JSON.stringify({ ...mark, [SPILL_MARK]: item })));
}
