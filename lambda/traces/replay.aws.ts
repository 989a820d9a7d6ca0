import type { Outcome } from './batch-write';
import type { QueuedItem } from './queued-item';
import type { Replay, ReplayOptions } from './replay';
import { spilledBatches } from './spilled-items';
import { connectTable } from './trace-table.aws';
import { type Deadline, deadlineIn } from '../process/deadline';

const DEFAULT_DEADLINE_MS = 60_000;
/** The breaker is for a process that has something else to do. */
const NEVER = { failures: Number.MAX_SAFE_INTEGER, resetMs: 0 };

/** What a run that somebody watches can be told. */
export interface ReplayControl {
  /**
   * Told what came of each batch: whether the next one is tried. Those that are not are left. Default: it is.
   */
  readonly goesOn?: (outcome: Outcome) => boolean;
  /** Ends what is tried: what is not written by then is left. */
  readonly signal?: AbortSignal;
}

/** Writes the traces that lines of a log have spilled. */
export async function replay(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ReplayOptions,
  { goesOn = () => true, signal }: ReplayControl = {},
): Promise<Replay> {
  const write = connectTable(options, NEVER);
  let [written, refused, left] = [0, 0, 0];
  let why: string | undefined;
  let trying = true;
  const tried = async (batch: readonly QueuedItem[]) => {
    const deadline = deadlineIn(options.deadlineMs ?? DEFAULT_DEADLINE_MS);
    return write(batch, signal ? endedBy(deadline, signal) : deadline).finally(() => deadline.end());
  };
  for await (const batch of spilledBatches(lines, () => (refused += 1))) {
    const outcome: Outcome = trying ? await tried(batch) : { left: batch };
    written += tracesIn(batch) - tracesIn(outcome.left);
    left += outcome.left.length;
    if (outcome.left.length > 0) why ??= outcome.reason ?? 'deadline';
    trying &&= goesOn(outcome);
  }
  return { written, refused, left, ...(why === undefined ? {} : { reason: why }) };
}

/** The same deadline, which a signal brings forward. */
function endedBy(deadline: Deadline, signal: AbortSignal): Deadline {
  const either = AbortSignal.any([deadline.signal, signal]);
  const passed = new Promise<void>(resolve => {
    if (either.aborted) resolve();
    either.addEventListener('abort', () => resolve(), { once: true });
  });
  return { ...deadline, signal: either, passed };
}

function tracesIn(items: readonly QueuedItem[]): number {
  return items.filter(({ kind }) => kind === 'trace').length;
}
