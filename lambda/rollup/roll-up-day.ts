import { addUpAgents, itemsOfAgent, partitionsByAgent } from './agent-day';
import { rollupKey } from './rollup-keys';
import type { RollupTable } from './rollup-table.aws';
import { MS_PER_DAY, startOfDay } from './utc-day';
import type { DayIndexEntry, TraceReader } from '../traces/trace-reader.aws';

/** Access to the traces and the rollups in the trace table. */
export interface RollUpTools {
  readonly traces: TraceReader;
  readonly rollups: RollupTable;
}

export interface RollUpOptions {
  /** Current time. */
  readonly now: Date;
  /**
   * Days until a trace expires. If 0, traces never expire. If the day has day-index entries, their expiry
   * time applies instead.
   */
  readonly ttlDays: number;
  /** True if a rollup may replace an earlier rollup that has more traces. */
  readonly allowFewer: boolean;
  readonly signal?: AbortSignal;
}

/** Result of rolling up one day. */
export interface DayRollup {
  readonly day: string;
  readonly traces: number;
  /** Number of traces that are not in the sums, because their timestamp is invalid or on another day. */
  readonly unreadable: number;
  readonly items: number;
  /**
   * Number of outdated rollup items that were deleted. An item is outdated if the day no longer has traces of
   * its agent and model.
   */
  readonly removed: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

/** Reason why a day is not rolled up. */
export type RollupProblem =
  /** The first traces of the day have expired. TTL may have deleted some of them. */
  | { readonly code: 'TRACES_EXPIRED'; readonly day: string; readonly expiredAt: Date }
  /** An agent has fewer traces now than in its earlier rollup. */
  | {
      readonly code: 'FEWER_TRACES';
      readonly day: string;
      readonly agentId: string;
      readonly traces: number;
      readonly earlierTraces: number;
    };

/**
 * Error if a rollup is refused because some traces of the day were deleted. `problem` contains the details.
 * The message contains only the day and a code.
 */
export class RollupError extends Error {
  override readonly name = 'RollupError';

  constructor(readonly problem: RollupProblem) {
    super(`${problem.day}: ${problem.code}`);
  }
}

/**
 * Writes the rollup of a UTC day: one item for each agent and model. The last item is a marker that the
 * rollup is finished. A repeated run gives the same result, even if an earlier run was interrupted.
 *
 * @throws RollupError if the first traces of the day have expired
 * @throws RollupError if an agent has fewer traces than in its earlier rollup, and `allowFewer` is false. The
 * earlier rollup of this agent is kept
 */
export async function rollUpDay(
  day: string,
  { traces, rollups }: RollUpTools,
  { now, ttlDays, allowFewer, signal }: RollUpOptions,
): Promise<DayRollup> {
  const units = { read: 0, write: 0 };
  const options = {
    signal,
    onReadUnits: (read: number) => (units.read += read),
    onWriteUnits: (write: number) => (units.write += write),
  };
  const dayIndex = await traces.dayIndex(day, options);
  requireUnexpired(day, dayIndex, ttlDays, now);

  const existing = await rollups.existingItems(day, options);
  const earlier = new Map<string, number>();
  for (const item of existing) earlier.set(item.agentId, (earlier.get(item.agentId) ?? 0) + item.traces);
  const requireNotFewer = (agentId: string, count: number) => {
    const earlierTraces = earlier.get(agentId) ?? 0;
    if (!allowFewer && count < earlierTraces) {
      throw new RollupError({ code: 'FEWER_TRACES', day, agentId, traces: count, earlierTraces });
    }
  };
  const agents = partitionsByAgent(dayIndex);
  for (const agentId of earlier.keys()) if (!agents.has(agentId)) requireNotFewer(agentId, 0);

  const written = new Set<string>();
  const counts = { traces: 0, unreadable: 0 };
  await addUpAgents(agents, day, traces, options, async (agentId, sums) => {
    requireNotFewer(agentId, sums.traces);
    // Writes the items of each agent as soon as its traces are added up. Memory then does not grow with the
    // number of agents.
    const items = itemsOfAgent(agentId, sums);
    await rollups.put(items, options);
    for (const item of items) written.add(rollupKey(day, agentId, item.model).sk);
    counts.traces += sums.traces;
    counts.unreadable += sums.unreadable;
  });

  const stale = existing.filter(({ key }) => !written.has(key.sk));
  await rollups.remove(
    stale.map(({ key }) => key),
    options,
  );
  await rollups.mark({ day, ...counts, items: written.size, rolledUpAt: now }, options);
  return {
    day,
    ...counts,
    items: written.size,
    removed: stale.length,
    readUnits: units.read,
    writeUnits: units.write,
  };
}

/** @throws RollupError if the first traces of the day have expired */
function requireUnexpired(day: string, dayIndex: readonly DayIndexEntry[], ttlDays: number, now: Date): void {
  const start = startOfDay(day).getTime();
  // A day-index entry expires together with the last trace of its partition. The first trace of the day can
  // expire up to a day earlier, so one day is subtracted.
  const firstExpiries =
    dayIndex.length > 0
      ? dayIndex.map(({ expires }) => (expires === undefined ? Infinity : expires.getTime() - MS_PER_DAY))
      : [ttlDays > 0 ? start + ttlDays * MS_PER_DAY : Infinity];
  const first = firstExpiries.reduce((least, each) => Math.min(least, each), Infinity);
  if (first <= now.getTime()) {
    throw new RollupError({ code: 'TRACES_EXPIRED', day, expiredAt: new Date(first) });
  }
}
