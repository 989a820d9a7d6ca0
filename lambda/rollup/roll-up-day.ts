import { addUpAgents, itemsOfAgent, partitionsByAgent } from './agent-days';
import { rollupKey } from './rollup-keys';
import type { RollupTable } from './rollup-table.aws';
import { MS_PER_DAY, startOfDay } from './utc-day';
import type { DayIndexEntry, TraceReader } from '../traces/trace-reader.aws';

/** What rolling up works with. */
export interface RollUpTools {
  readonly traces: TraceReader;
  readonly rollups: RollupTable;
}

export interface RollUpOptions {
  /** The present moment. */
  readonly now: Date;
  /**
   * Days after which traces expire; 0: never. What the day's directory says of its own traces goes before it.
   */
  readonly ttlDays: number;
  /** Whether a day may be rolled up with fewer traces than it has been. */
  readonly allowFewer: boolean;
  /** Aborts it. */
  readonly signal?: AbortSignal;
}

/** What rolling up a day did. */
export interface DayRollup {
  readonly day: string;
  readonly traces: number;
  /** Items of the day's partitions that are no traces of it. */
  readonly unreadable: number;
  readonly items: number;
  /** Items of an earlier rollup whose agent and model have no call any more. */
  readonly removed: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

/**
 * Rolls up a UTC day: reads its traces once, writes one item for each agent and model, and
 * the marker last. Rolled up again, it is the same; ended half way and begun again, too.
 *
 * @throws Error where the day's traces have begun to expire, or are fewer
 * than an earlier rollup had: nothing of what would lose calls is written
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
  const directory = await traces.dayIndex(day, options);
  refuseExpired(day, directory, ttlDays, now);

  const standing = await rollups.standing(day, options);
  const before = new Map<string, number>();
  for (const item of standing) before.set(item.agentId, (before.get(item.agentId) ?? 0) + item.traces);
  const refuseFewer = (agentId: string, count: number) => {
    const earlier = before.get(agentId) ?? 0;
    if (!allowFewer && count < earlier) {
      throw new Error(
        `${day} is not rolled up again: agent ${agentId} has ${count} traces, and had ${earlier} when ` +
          'it was rolled up. ' +
          'Where they were taken out on purpose, set allowFewer in the event.',
      );
    }
  };
  const agents = partitionsByAgent(directory);
  for (const agentId of before.keys()) if (!agents.has(agentId)) refuseFewer(agentId, 0);

  const written = new Set<string>();
  const counts = { traces: 0, unreadable: 0 };
  await addUpAgents(agents, day, traces, options, async (agentId, sums) => {
    refuseFewer(agentId, sums.traces);
    // They are written when the agent's last trace is read: what
    // is in memory does not grow with the number of agents.
    const items = itemsOfAgent(agentId, sums);
    await rollups.put(items, options);
    for (const item of items) written.add(rollupKey(day, agentId, item.model).sk);
    counts.traces += sums.traces;
    counts.unreadable += sums.unreadable;
  });

  const stale = standing.filter(({ key }) => !written.has(key.sk));
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

/** A day whose first traces may be deleted is not whole any more. */
function refuseExpired(day: string, directory: readonly DayIndexEntry[], ttlDays: number, now: Date): void {
  const start = startOfDay(day).getTime();
  // A directory entry expires with the last of its traces, a day after the first.
  const begins =
    directory.length > 0
      ? directory.map(({ expires }) => (expires === undefined ? Infinity : expires.getTime() - MS_PER_DAY))
      : [ttlDays > 0 ? start + ttlDays * MS_PER_DAY : Infinity];
  const first = begins.reduce((least, each) => Math.min(least, each), Infinity);
  if (first <= now.getTime()) {
    throw new Error(
      `${day} cannot be rolled up: its traces began to expire at ${new Date(first).toISOString()}, and ` +
        'some may be deleted.',
    );
  }
}
