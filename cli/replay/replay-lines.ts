import type { LineSource } from './sources';
import { isPermanentError } from '../../lambda/process/aws-errors';
import type { Replay, ReplayOptions } from '../../lambda/traces/replay';
import type { Spill } from '../../lambda/traces/spilled-items';

/** Source that could be read only in part. The traces of that part were replayed. */
export interface FailedSource {
  readonly name: string;
  readonly reason: string;
}

/** Result of a replay. */
export interface ReplayResult extends Replay {
  /** Number of lines read, of any kind. */
  readonly lines: number;
  /** Number of spilled traces in the lines. A trace that was spilled twice counts twice. */
  readonly found: number;
  /** UTC days of the traces, in order. */
  readonly days: readonly string[];
  readonly failed: readonly FailedSource[];
  readonly dryRun: boolean;
}

export interface ReplayRun {
  /** Table to write to. If it is undefined, traces are only counted. */
  readonly table?: ReplayOptions;
  /** Explains an error in a sentence. */
  readonly explain: (error: unknown) => string;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the reading. Traces that were read before are written. */
  readonly signal?: AbortSignal;
}

/** Consecutive failed batches after which the replay stops, because each of them is retried for a minute. */
const MAX_FAILURES = 3;
const DAY_LENGTH = '2026-11-22'.length;

/** Replays the lines of sources, one after the other. A second replay has the same result. */
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
      // If a table rejects all items, it is the wrong table, and the batch has failed. If it accepts some,
      // only the rejected items are invalid.
      failures = batch.left.length > 0 || !tookSome ? failures + 1 : 0;
      return failures < MAX_FAILURES && !(batch.left.length > 0 && isPermanentError(batch.reason));
    },
  });
  return {
    ...outcome,
    ...(reason === undefined ? {} : { reason: signal?.aborted ? 'the run was interrupted' : reason }),
  };
}

/** Reads all spills without writing them, and counts metric requests. */
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
