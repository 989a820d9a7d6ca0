import type { LineSource } from './sources';
import { isPermanentError } from '../../lambda/process/aws-errors';
import type { Replay, ReplayOptions } from '../../lambda/traces/replay';
import type { Spill } from '../../lambda/traces/spilled-items';

/** Log file or log group that could not be read to the end. Traces before the error were replayed. */
export interface FailedSource {
  readonly name: string;
  readonly reason: string;
}

/** Result of the command `replay`, which writes spilled traces from logs into the table. */
export interface ReplayResult extends Replay {
  /** Number of log lines read, including lines without a spilled trace. */
  readonly lines: number;
  /** Number of spilled traces in these lines. A trace in two lines counts twice. */
  readonly found: number;
  /** UTC days of the spilled traces, in order. */
  readonly days: readonly string[];
  readonly failed: readonly FailedSource[];
  readonly dryRun: boolean;
}

export interface ReplayRun {
  /** Table to write to. Undefined for a dry run, which only counts traces. */
  readonly table?: ReplayOptions;
  /** Returns one sentence that explains an error. */
  readonly explain: (error: unknown) => string;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Signal that stops the reading. Traces that were already read are still written. */
  readonly signal?: AbortSignal;
}

/**
 * Maximum number of consecutive failed batches. The replay stops at this number. Each failed batch takes
 * about a minute, because of its retries.
 */
const MAX_FAILURES = 3;
const DAY_LENGTH = '2026-11-22'.length;

/**
 * Reads the log lines of `sources`, one source after the other, and writes the spilled traces into the table.
 * A second run with the same lines adds no traces.
 */
export async function replayLines(
  sources: readonly LineSource[],
  { table, explain, onProgress, signal }: ReplayRun,
): Promise<ReplayResult> {
  const { spillIn } = await import('../../lambda/traces/spilled-items');
  const days = new Set<string>();
  const failed: FailedSource[] = [];
  const counts = { lines: 0, found: 0, refused: 0 };
  const total = sources.every(({ bytes }) => bytes !== undefined)
    ? sources.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
    : undefined;
  let bytes = 0;
  const onBytes = (count: number) => {
    bytes += count;
    if (total !== undefined) onProgress?.({ done: Math.min(bytes, total), total });
  };
  const spills = async function* () {
    for (const source of sources) {
      if (signal?.aborted) return;
      try {
        for await (const line of source.lines(onBytes)) {
          if (signal?.aborted) return;
          counts.lines += 1;
          const spill = spillIn(line);
          if (spill === undefined) continue;
          if (spill === 'refused') {
            counts.refused += 1;
            continue;
          }
          countTrace(spill, counts, days);
          yield spill;
        }
      } catch (error) {
        if (!signal?.aborted) failed.push({ name: source.name, reason: explain(error) });
      }
    }
  };
  const outcome = table ? await write(spills(), table, signal) : await countOnly(spills());
  return { ...counts, ...outcome, days: [...days].sort(), failed, dryRun: table === undefined };
}

async function write(spills: AsyncIterable<Spill>, table: ReplayOptions, signal: AbortSignal | undefined) {
  const [{ replaySpilled }, { loadMetricData }] = await Promise.all([
    import('../../lambda/traces/replay.aws'),
    import('../../lambda/metrics/load-metric-data'),
  ]);
  let failures = 0;
  let tookSome = false;
  const { reason, ...outcome } = await replaySpilled(spills, table, {
    loadMetricData,
    signal,
    goesOn: batch => {
      tookSome ||= batch.tookSome;
      // Counts consecutive failed batches. A batch fails if items of it are left, or if the table has not
      // accepted any item in this run yet.
      failures = batch.left.length > 0 || !tookSome ? failures + 1 : 0;
      return failures < MAX_FAILURES && !(batch.left.length > 0 && isPermanentError(batch.reason));
    },
  });
  return {
    ...outcome,
    ...(reason === undefined ? {} : { reason: signal?.aborted ? 'the run was interrupted' : reason }),
  };
}

/** Reads all spilled data for a dry run, and counts the metric requests. Writes nothing. */
async function countOnly(spills: AsyncIterable<Spill>) {
  let metricsLeft = 0;
  for await (const { kind } of spills) if (kind === 'metrics') metricsLeft += 1;
  return { written: 0, left: 0, poisoned: 0, poisonedKeys: [], metricsSent: 0, metricsLeft };
}

function countTrace(spill: Spill, counts: { found: number }, days: Set<string>): void {
  if (spill.kind !== 'item' || spill.item.kind !== 'trace') return;
  counts.found += 1;
  const { timestamp } = spill.item.item;
  if (timestamp && 'S' in timestamp) days.add(timestamp.S.slice(0, DAY_LENGTH));
}
