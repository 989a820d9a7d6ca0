import { createHash } from 'node:crypto';
import { KEY_PREFIX, KEY_SEPARATOR } from '../../src/contract';

const DAY_LENGTH = '2026-11-22'.length;

/** A primary key of the trace table. */
export interface TraceKey {
  readonly pk: string;
  readonly sk: string;
}

/** Keeps a caller's value from being taken for the separator. */
export function escapeKeyPart(part: string): string {
  return !part.includes('%') && !part.includes(KEY_SEPARATOR)
    ? part
    : part.replaceAll('%', '%25').replaceAll(KEY_SEPARATOR, '%23');
}

/** The caller's value again. */
export function unescapeKeyPart(part: string): string {
  return part.replaceAll('%23', KEY_SEPARATOR).replaceAll('%25', '%');
}

/** A day in UTC: `2026-11-22`. */
export function dayOf(timestamp: Date): string {
  return timestamp.toISOString().slice(0, DAY_LENGTH);
}

/**
 * The shard that a request belongs to: the same each time, so that
 * a repeated write is the same item. Undefined with one shard.
 */
export function shardOf(requestId: string, shards: number): number | undefined {
  return shards > 1 ? createHash('sha256').update(requestId).digest().readUInt32BE() % shards : undefined;
}

/** The partition of an agent's day, or of one shard of it. */
export function tracePartition(agentId: string, day: string, shard?: number): string {
  const partition = `${KEY_PREFIX.agent}${KEY_SEPARATOR}${escapeKeyPart(agentId)}${KEY_SEPARATOR}${day}`;
  return shard === undefined ? partition : `${partition}${KEY_SEPARATOR}${shard}`;
}

/** The key of one trace: a repeated write of the same call is the same item. */
export function traceKey(
  {
    agentId,
    requestId,
    timestamp,
  }: { readonly agentId: string; readonly requestId: string; readonly timestamp: Date },
  shards: number,
): TraceKey {
  const time = timestamp.toISOString();
  return {
    pk: tracePartition(agentId, time.slice(0, DAY_LENGTH), shardOf(requestId, shards)),
    sk: `${time}${KEY_SEPARATOR}${escapeKeyPart(requestId)}`,
  };
}

/** The key of the day directory's entry that names a partition of traces. */
export function dayIndexKey(agentId: string, day: string, shard?: number): TraceKey {
  return {
    pk: dayIndexPartition(day),
    sk: [KEY_PREFIX.agent, escapeKeyPart(agentId), ...shardParts(shard)].join(KEY_SEPARATOR),
  };
}

/** The partition in which a day's directory stands: it names every partition that has traces of that day. */
export function dayIndexPartition(day: string): string {
  return [KEY_PREFIX.day, day].join(KEY_SEPARATOR);
}

/** The partition of traces that a directory entry names. */
export function partitionOfEntry(entry: TraceKey): string {
  const [, day] = entry.pk.split(KEY_SEPARATOR);
  const [, agent, ...shard] = entry.sk.split(KEY_SEPARATOR);
  return [KEY_PREFIX.agent, agent, day, ...shard].join(KEY_SEPARATOR);
}

/** The day directory's entry that names a partition of traces: the other way round. */
export function entryOfPartition(partition: string): TraceKey {
  const [, agent, day, ...shard] = partition.split(KEY_SEPARATOR);
  return { pk: dayIndexPartition(day), sk: [KEY_PREFIX.agent, agent, ...shard].join(KEY_SEPARATOR) };
}

function shardParts(shard: number | undefined): string[] {
  return shard === undefined ? [] : [String(shard)];
}
