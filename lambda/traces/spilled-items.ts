import { type Item, textOf } from './attributes';
import { MAX_BATCH, queued, type QueuedItem } from './queued-item';
import { ENTRY_MARK, SPILL_MARK } from './spill';
import { TRACE_ATTRIBUTES } from './trace-item';
import { dayOf, entryOfPartition, escapeKeyPart, tracePartition } from './trace-keys';
import { KEY_PREFIX, KEY_SEPARATOR, MAX_WRITE_SHARDS, TRACE_TABLE } from '../../src/contract';
import { objectOf } from '../usage/counts';

const DAY_SECONDS = 86_400;
/** No trace is nearly as long; what is, is none. */
const MAX_LINE = 10_000;
const TEXT_LENGTH = 1024;
const NUMBER = /^\d{1,20}(?:\.\d{1,12})?$/;
const ENTRY = new RegExp(
  `^${KEY_PREFIX.agent}${KEY_SEPARATOR}[^${KEY_SEPARATOR}]+(?:${KEY_SEPARATOR}\\d{1,3})?$`,
);
const ENTRY_PARTITION = new RegExp(`^${KEY_PREFIX.day}${KEY_SEPARATOR}\\d{4}-\\d{2}-\\d{2}$`);

/**
 * The item that a line of a log spilled. What is in front of it, such as a log stream's name, is passed over,
 * and so is a log event around it. Undefined for any other line, and for what is not exactly a trace: anybody
 * may write to a log.
 */
export function spilledItem(line: string): QueuedItem | undefined {
  if (!line.includes(SPILL_MARK) || line.length > MAX_LINE) return undefined;
  const members = parse(line.slice(line.indexOf('{')));
  if (!members) return undefined;
  if (typeof members.message === 'string') return spilledItem(members.message);
  const item = objectOf(members[SPILL_MARK] ?? members[ENTRY_MARK]);
  if (!item || !hasOnlyOurAttributes(item)) return undefined;
  if (isTrace(item)) return queued('trace', item);
  return isEntry(item) ? queued('directory', item) : undefined;
}

/**
 * The directory entry without which a trace is not found: as
 * the writer makes it, for it follows from the trace.
 */
function entryOf(trace: Item): QueuedItem {
  const { pk, sk } = entryOfPartition(textOf(trace.pk));
  const keys = { [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } };
  const expiry = trace[TRACE_TABLE.ttl] as { N: string } | undefined;
  if (!expiry) return queued('directory', keys);
  const seconds = Math.floor(Date.parse(textOf(trace.timestamp)) / 1000);
  const endOfDay = (Math.floor(seconds / DAY_SECONDS) + 1) * DAY_SECONDS;
  return queued('directory', {
    ...keys,
    [TRACE_TABLE.ttl]: { N: String(endOfDay + Number(expiry.N) - seconds) },
  });
}

/**
 * Batches of items with each key once, and with each trace's directory entry where it has not come before.
 */
export async function* spilledBatches(
  lines: Iterable<string> | AsyncIterable<string>,
  onRefused: () => void,
): AsyncGenerator<QueuedItem[]> {
  let batch = new Map<string, QueuedItem>();
  const entries = new Set<string>();
  for await (const line of lines) {
    if (!line.includes(SPILL_MARK)) continue;
    const item = spilledItem(line);
    if (!item) {
      onRefused();
      continue;
    }
    const entry = item.kind === 'trace' ? entryOf(item.item) : item;
    if (!entries.has(entry.id)) batch.set(entry.id, entry);
    entries.add(entry.id);
    if (item.kind === 'trace') batch.set(item.id, item);
    if (batch.size < MAX_BATCH - 1) continue;
    yield [...batch.values()];
    batch = new Map();
  }
  if (batch.size > 0) yield [...batch.values()];
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function hasOnlyOurAttributes(item: Readonly<Record<string, unknown>>): item is Item {
  return Object.entries(item).every(([name, attribute]) => {
    const members = objectOf(attribute);
    if (!members || !Object.hasOwn(TRACE_ATTRIBUTES, name) || Object.keys(members).length !== 1) return false;
    switch (TRACE_ATTRIBUTES[name]) {
      case 'S':
        return typeof members.S === 'string' && members.S !== '' && members.S.length <= TEXT_LENGTH;
      case 'N':
        return typeof members.N === 'string' && NUMBER.test(members.N);
      case 'BOOL':
        return members.BOOL === true;
    }
  });
}

/** Whether an item's keys are those that its attributes make: one that overwrites another trace is none. */
function isTrace(item: Item): boolean {
  const timestamp = new Date(textOf(item.timestamp));
  if (Number.isNaN(timestamp.getTime()) || item.agentId === undefined || item.requestId === undefined) {
    return false;
  }
  const partition = tracePartition(textOf(item.agentId), dayOf(timestamp));
  const [shard, ...more] = textOf(item.pk).slice(partition.length).split(KEY_SEPARATOR).slice(1);
  return (
    textOf(item.sk) === [textOf(item.timestamp), escapeKeyPart(textOf(item.requestId))].join(KEY_SEPARATOR) &&
    timestamp.toISOString() === textOf(item.timestamp) &&
    textOf(item.pk) === [partition, ...(shard === undefined ? [] : [shard])].join(KEY_SEPARATOR) &&
    more.length === 0 &&
    (shard === undefined || (/^\d{1,3}$/.test(shard) && Number(shard) < MAX_WRITE_SHARDS))
  );
}

function isEntry({ pk, sk, ttl, ...others }: Item): boolean {
  return (
    Object.keys(others).length === 0 &&
    ENTRY_PARTITION.test(textOf(pk)) &&
    ENTRY.test(textOf(sk)) &&
    (ttl === undefined || 'N' in ttl)
  );
}
