import { deadlineIn } from '../deadline';
import { spilledBatches } from './spilled-items';
import { connectTable } from './trace-table';
import type { Outcome } from '../traces/batch-write';
import type { QueuedItem } from '../traces/queued-item';
import type { Replay, ReplayOptions } from '../traces/replay-spills';

const DEFAULT_DEADLINE_MS = 60_000;
/** The breaker is for a process that has something else to do. */
const NEVER = { failures: Number.MAX_SAFE_INTEGER, resetMs: 0, onOpen: () => undefined };

/**
 * Writes the traces that lines of a log have spilled.
 *
 * @param goesOn told what came of each batch: whether the next one is tried. Those that are not are left.
 */
export async function replay(
  lines: Iterable<string> | AsyncIterable<string>, options: ReplayOptions, goesOn: (outcome: Outcome) => boolean = () => true,
): Promise<Replay> {
  const write = connectTable(options, NEVER);
  let [written, refused, left] = [0, 0, 0];
  let why: string | undefined;
  let trying = true;
  const tried = async (batch: readonly QueuedItem[]) => {
    const deadline = deadlineIn(options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    return write(batch, deadline).finally(() => deadline.end());
  };
  for await (const batch of spilledBatches(lines, () => refused += 1)) {
    const outcome: Outcome = trying ? await tried(batch) : { left: batch };
    written += tracesIn(batch) - tracesIn(outcome.left);
    left += outcome.left.length;
    if (outcome.left.length > 0) why ??= outcome.reason ?? 'deadline';
    trying &&= goesOn(outcome);
  }
  return { written, refused, left, ...(why === undefined ? {} : { reason: why }) };
}

function tracesIn(items: readonly QueuedItem[]): number {
  return items.filter(({ kind }) => kind === 'trace').length;
}
