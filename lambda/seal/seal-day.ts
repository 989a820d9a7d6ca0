import { type AgentDay, agentDay, SEALED_TRACE_ATTRIBUTES } from './agent-day';
import { type SealedItem, sealedItem } from './sealed-item';
import { sealedKey } from './sealed-keys';
import { MS_PER_DAY, startOfDay } from './utc-day';
import { KEY_SEPARATOR } from '../../src/contract';
import type { SealedDays } from '../aws/sealed-days';
import type { DirectoryEntry, TraceReader } from '../aws/trace-reader';
import { unescapeKeyPart } from '../traces/trace-keys';

/** Agents whose traces are added up at once, and pages that are on their way for each. */
const AGENTS_AT_ONCE = 4;
const PAGES_AT_ONCE = 4;

/** What sealing works with. */
export interface SealTools {
  readonly traces: TraceReader;
  readonly sealed: SealedDays;
}

export interface SealOptions {
  /** The present moment. */
  readonly now: Date;
  /** Days after which traces expire; 0: never. What the day's directory says of its own traces goes before it. */
  readonly ttlDays: number;
  /** Whether a day may be sealed with fewer traces than it has been. */
  readonly allowFewer: boolean;
  /** Aborts it. */
  readonly signal?: AbortSignal;
}

/** What sealing a day did. */
export interface DaySeal {
  readonly day: string;
  readonly traces: number;
  /** Items of the day's partitions that are no traces of it. */
  readonly unreadable: number;
  readonly items: number;
  /** Items of an earlier seal whose agent and model have no call any more. */
  readonly removed: number;
  readonly readUnits: number;
  readonly writeUnits: number;
}

/**
 * Seals a UTC day: reads its traces once, writes one item for each agent and model, and the marker last. Sealed again, it is
 * the same; ended half way and begun again, too.
 *
 * @throws Error where the day's traces have begun to expire, or are fewer than an earlier seal had: nothing of what would
 *   lose calls is written
 */
export async function sealDay(day: string, { traces, sealed }: SealTools, { now, ttlDays, allowFewer, signal }: SealOptions): Promise<DaySeal> {
  const units = { read: 0, write: 0 };
  const options = { signal, onReadUnits: (read: number) => units.read += read, onWriteUnits: (write: number) => units.write += write };
  const directory = await traces.directory(day, options);
  refuseExpired(day, directory, ttlDays, now);

  const standing = await sealed.standing(day, options);
  const before = new Map<string, number>();
  for (const item of standing) before.set(item.agentId, (before.get(item.agentId) ?? 0) + item.traces);
  const refuseFewer = (agentId: string, count: number) => {
    const earlier = before.get(agentId) ?? 0;
    if (!allowFewer && count < earlier) {
      throw new Error(`${day} is not sealed again: agent ${agentId} has ${count} traces, and had ${earlier} when it was sealed. `
        + 'Where they were taken out on purpose, set allowFewer in the event.');
    }
  };
  const agents = partitionsByAgent(directory);
  for (const agentId of before.keys()) if (!agents.has(agentId)) refuseFewer(agentId, 0);

  const written = new Set<string>();
  const counts = { traces: 0, unreadable: 0 };
  await eachOf(agents, AGENTS_AT_ONCE, async ([agentId, partitions]) => {
    const sums = agentDay(day);
    await traces.read(partitions, (page) => {
      for (const trace of page) sums.add(trace);
    }, { ...options, attributes: SEALED_TRACE_ATTRIBUTES, concurrency: PAGES_AT_ONCE, byHours: true });
    refuseFewer(agentId, sums.traces);
    // They are written when the agent's last trace is read: what is in memory does not grow with the number of agents.
    const items = itemsOf(agentId, sums);
    await sealed.put(items, options);
    for (const item of items) written.add(sealedKey(day, agentId, item.model).sk);
    counts.traces += sums.traces;
    counts.unreadable += sums.unreadable;
  });

  const stale = standing.filter(({ key }) => !written.has(key.sk));
  await sealed.remove(stale.map(({ key }) => key), options);
  await sealed.mark({ day, traces: counts.traces, items: written.size, sealedAt: now }, options);
  return { day, ...counts, items: written.size, removed: stale.length, readUnits: units.read, writeUnits: units.write };
}

function itemsOf(agentId: string, sums: AgentDay): SealedItem[] {
  return [...sums.models()].map(([model, parts]) => sealedItem(sums.day, agentId, model, parts));
}

/** An agent's partitions: one, or one for each shard. */
function partitionsByAgent(directory: readonly DirectoryEntry[]): Map<string, string[]> {
  const agents = new Map<string, string[]>();
  for (const { partition } of directory) {
    const agentId = unescapeKeyPart(partition.split(KEY_SEPARATOR)[1]);
    agents.set(agentId, [...agents.get(agentId) ?? [], partition]);
  }
  return agents;
}

/** A day whose first traces may be deleted is not whole any more. */
function refuseExpired(day: string, directory: readonly DirectoryEntry[], ttlDays: number, now: Date): void {
  const start = startOfDay(day).getTime();
  // A directory entry expires with the last of its traces, a day after the first.
  const begins = directory.length > 0
    ? directory.map(({ expires }) => expires === undefined ? Infinity : expires.getTime() - MS_PER_DAY)
    : [ttlDays > 0 ? start + ttlDays * MS_PER_DAY : Infinity];
  const first = begins.reduce((least, each) => Math.min(least, each), Infinity);
  if (first <= now.getTime()) throw new Error(`${day} cannot be sealed: its traces began to expire at ${new Date(first).toISOString()}, and some may be deleted.`);
}

/** Runs something for each, so many at once. After a failure none is begun; what is under way is waited for, and then it is thrown. */
async function eachOf<Item>(items: Iterable<Item>, atOnce: number, run: (item: Item) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const failures: unknown[] = [];
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let next = left.next(); !next.done && failures.length === 0; next = left.next()) await run(next.value).catch((error: unknown) => failures.push(error));
  }));
  if (failures.length > 0) throw failures[0];
}
