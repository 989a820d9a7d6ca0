import { deadlineIn } from '../deadline';
import type { QueuedItem } from './queued-item';
import { spilledBatches } from './spilled-items';
import type { TableLocation } from './table-location';

export interface ReplayOptions extends TableLocation {
  /**
   * How long one request of 25 items may be tried, in milliseconds.
   *
   * @default 60000
   */
  readonly deadlineMs?: number;
}

/** What came of a replay. */
export interface Replay {
  /** Traces that are in the table now. One that was there before is the same. */
  readonly written: number;
  /** Lines that claim to be a spill and are none: cut off, or not written by the runtime. */
  readonly refused: number;
  /** Items that could not be written. Replay the same lines again. */
  readonly left: number;
  /** Why, for the first of them. */
  readonly reason?: string;
}

const DEFAULT_DEADLINE_MS = 60_000;
/** The breaker is for a process that has something else to do. */
const NEVER = { failures: Number.MAX_SAFE_INTEGER, resetMs: 0, onOpen: () => undefined };

/**
 * Writes the traces of `TraceSpill` lines to the table, any number of times with the same result. Other lines of a log are
 * passed over, and so is what is in front of the JSON in a line.
 *
 * @param lines of a function's log, as they come from a file, from `aws logs tail` or from FilterLogEvents
 * @throws what the DynamoDB client throws where it cannot be made
 *
 * @example
 * const { written, left } = await replaySpills(createInterface({ input: createReadStream('function.log') }), { tableName });
 */
export async function replaySpills(lines: Iterable<string> | AsyncIterable<string>, options: ReplayOptions): Promise<Replay> {
  const { connectTable } = await import('../aws/trace-table');
  const write = connectTable(options, NEVER);
  let [written, refused, left] = [0, 0, 0];
  let why: string | undefined;
  for await (const batch of spilledBatches(lines, () => refused += 1)) {
    const deadline = deadlineIn(options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    const outcome = await write(batch, deadline).finally(() => deadline.end());
    written += tracesIn(batch) - tracesIn(outcome.left);
    left += outcome.left.length;
    if (outcome.left.length > 0) why ??= outcome.reason ?? 'deadline';
  }
  return { written, refused, left, ...(why === undefined ? {} : { reason: why }) };
}

function tracesIn(items: readonly QueuedItem[]): number {
  return items.filter(({ kind }) => kind === 'trace').length;
}
