import { createHash } from 'node:crypto';
import { KEY_PREFIX, KEY_SEPARATOR } from '../../src/contract';

const DAY_LENGTH = '2026-11-22'.length;

/** Primary key of an item in the trace table. */
export interface TraceKey {
  readonly pk: string;
  readonly sk: string;
}

/** Escapes a part of a key, such as an agent id. The result does not contain the separator `#`. */
export function escapeKeyPart(part: string): string {
  return !part.includes('%') && !part.includes(KEY_SEPARATOR)
    ? part
    : part.replaceAll('%', '%25').replaceAll(KEY_SEPARATOR, '%23');
}

/** Returns the original text of a part that {@link escapeKeyPart} has escaped. */
export function unescapeKeyPart(part: string): string {
  return part.replaceAll('%23', KEY_SEPARATOR).replaceAll('%25', '%');
}

/** Returns the UTC day of a time, such as `2026-11-22`. */
export function dayOf(timestamp: Date): string {
  return timestamp.toISOString().slice(0, DAY_LENGTH);
}

/**
 * Returns the write shard of a request: a number from 0 to `shards` - 1. Returns undefined if there is only
 * one shard. The same `requestId` always gives the same shard, so that a second trace of the request replaces
 * the first.
 */
export function shardOf(requestId: string, shards: number): number | undefined {
  return shards > 1 ? createHash('sha256').update(requestId).digest().readUInt32BE() % shards : undefined;
}

/** Last result of `tracePartition`, kept because consecutive traces mostly have the same partition. */
let last: { agentId: string; day: string; shard?: number; partition: string } | undefined;

/**
 * Returns the partition key for the traces of one agent on one day. If `writeShards` is more than 1, the
 * traces are in several partitions, and `shard` is the number of the partition.
 */
export function tracePartition(agentId: string, day: string, shard?: number): string {
  if (last?.agentId !== agentId || last.day !== day || last.shard !== shard) {
    const parts = [KEY_PREFIX.agent, escapeKeyPart(agentId), day, ...shardParts(shard)];
    last = { agentId, day, shard, partition: parts.join(KEY_SEPARATOR) };
  }
  return last.partition;
}

/** Returns the key of a trace. The key stays the same if the trace of a call is written again. */
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

/** Returns the key of the day-index entry for one trace partition. */
export function dayIndexKey(agentId: string, day: string, shard?: number): TraceKey {
  return {
    pk: dayIndexPartition(day),
    sk: [KEY_PREFIX.agent, escapeKeyPart(agentId), ...shardParts(shard)].join(KEY_SEPARATOR),
  };
}

/** Returns the partition key of the day index, which lists the trace partitions of a day. */
export function dayIndexPartition(day: string): string {
  return [KEY_PREFIX.day, day].join(KEY_SEPARATOR);
}

/** Returns the partition key of the traces to which a day-index entry points. */
export function partitionOfEntry(entry: TraceKey): string {
  const [, day] = entry.pk.split(KEY_SEPARATOR);
  const [, agent, ...shard] = entry.sk.split(KEY_SEPARATOR);
  return [KEY_PREFIX.agent, agent, day, ...shard].join(KEY_SEPARATOR);
}

/** Returns the key of the day-index entry that points to a trace partition. */
export function entryOfPartition(partition: string): TraceKey {
  const [, agent, day, ...shard] = partition.split(KEY_SEPARATOR);
  return { pk: dayIndexPartition(day), sk: [KEY_PREFIX.agent, agent, ...shard].join(KEY_SEPARATOR) };
}

function shardParts(shard: number | undefined): string[] {
  return shard === undefined ? [] : [String(shard)];
}
