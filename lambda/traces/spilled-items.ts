import { type Item, textOf } from './attributes';
import { momentOf } from './call-time';
import { ENTRY_MARK, MAX_BATCH, type QueuedItem, SPILL_MARK, TRACE_ATTRIBUTES, queued } from './trace-item';
import { dayOf, entryOfPartition, escapeKeyPart, tracePartition } from './trace-keys';
import { KEY_PREFIX, KEY_SEPARATOR, MAX_WRITE_SHARDS, TRACE_TABLE } from '../../src/contract';
import { METRIC_SPILL_MARK } from '../metrics/metric-batch';
import { type SpilledMetrics, parseSpilledMetrics } from '../metrics/spilled-metrics';
import { UNITS } from '../usage/billed-units';
import { asObject } from '../usage/counts';

const DAY_SECONDS = 86_400;
/**
 * Maximum characters of a log line with a trace. A longer line is refused. The lines of the runtime are much
 * shorter.
 */
const MAX_LINE = 10_000;
/**
 * Maximum bytes of a text attribute in a replayed item. It is DynamoDB's maximum for a sort key (DynamoDB
 * quotas), and longer than any text in a trace.
 */
const MAX_TEXT_BYTES = 1024;
/**
 * Maximum number of day-index entries that a replay remembers as written. At this number, the replay forgets
 * all of them. It then writes the entries a second time, with the same content.
 */
const MAX_ENTRIES = 4096;
/** Maximum number of provisional traces in a batch. Each of them needs a request of its own. */
const MAX_PROVISIONAL = MAX_BATCH;
const NUMBER = /^\d{1,26}(?:\.\d{1,12})?$/;
/**
 * Name of the attribute that only a provisional trace has. Such a trace is written before the call has an
 * answer.
 */
export const PROVISIONAL = 'provisional';
const ENTRY = new RegExp(
  `^${KEY_PREFIX.agent}${KEY_SEPARATOR}[^${KEY_SEPARATOR}]+(?:${KEY_SEPARATOR}\\d{1,3})?$`,
);
const ENTRY_PARTITION = new RegExp(`^${KEY_PREFIX.day}${KEY_SEPARATOR}\\d{4}-\\d{2}-\\d{2}$`);

/** Content of one log line that a replay can write: an item of the trace table, or a metric request. */
export type Spill =
  | { readonly kind: 'item'; readonly item: QueuedItem }
  | { readonly kind: 'metrics'; readonly metrics: SpilledMetrics };

/**
 * Extracts the trace, day-index entry or metric request from a log line. Skips text before the JSON, such as
 * the name of a log stream. If the line is a JSON log event, reads its `message`.
 *
 * @returns undefined for a line without a spill. Returns `refused` for a line that contains a name such as
 * `TraceSpill`, but is not in the format of the runtime
 */
export function spillIn(line: string): Spill | 'refused' | undefined {
  if (!line.includes(SPILL_MARK) && !line.includes(METRIC_SPILL_MARK)) return undefined;
  const members = parse(line.slice(line.indexOf('{')));
  if (!members) return 'refused';
  // If the line is a JSON log event, the spill is in `message`. A `message` without `{` is only text, such as
  // a warning of the runtime.
  if (typeof members.message === 'string') {
    return members.message.includes('{') ? (spillIn(members.message) ?? 'refused') : undefined;
  }
  if (Object.hasOwn(members, METRIC_SPILL_MARK)) {
    const metrics = parseSpilledMetrics(members[METRIC_SPILL_MARK]);
    return metrics ? { kind: 'metrics', metrics } : 'refused';
  }
  const item = line.length <= MAX_LINE ? parseItem(members[SPILL_MARK] ?? members[ENTRY_MARK]) : undefined;
  return item ? { kind: 'item', item } : 'refused';
}

function parseItem(spilled: unknown): QueuedItem | undefined {
  const item = asObject(spilled);
  if (!item || !hasOnlyTraceAttributes(item)) return undefined;
  if (isTrace(item)) return queued('trace', item);
  return isEntry(item) ? queued('dayIndexEntry', item) : undefined;
}

/**
 * Returns the day-index entry for the partition of a trace. It is equal to the entry that the trace writer
 * makes. Reports find a trace only if this entry is in the table.
 */
function dayIndexEntryOf(trace: Item): QueuedItem {
  const { pk, sk } = entryOfPartition(textOf(trace.pk));
  const keys = { [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } };
  const expiry = trace[TRACE_TABLE.ttl] as { N: string } | undefined;
  if (!expiry) return queued('dayIndexEntry', keys);
  const seconds = Math.floor(Date.parse(textOf(trace.timestamp)) / 1000);
  const endOfDay = (Math.floor(seconds / DAY_SECONDS) + 1) * DAY_SECONDS;
  return queued('dayIndexEntry', {
    ...keys,
    [TRACE_TABLE.ttl]: { N: String(endOfDay + Number(expiry.N) - seconds) },
  });
}

interface SpilledBatch {
  /** Day-index entries and answered traces. One request writes all of them. */
  readonly items: readonly QueuedItem[];
  /**
   * Provisional traces: traces of calls that had no answer yet. Each one needs a request of its own with a
   * condition, because it must not replace the answered trace of the call.
   */
  readonly provisional: readonly QueuedItem[];
}

/**
 * Groups items into batches, and adds the day-index entries of the traces. Each key occurs once in a batch.
 * Of a provisional and an answered trace with the same key, the batch contains only the answered trace.
 */
export async function* spilledBatches(items: AsyncIterable<QueuedItem>): AsyncGenerator<SpilledBatch> {
  let batch = new Map<string, QueuedItem>();
  let provisional = new Map<string, QueuedItem>();
  const entries = new Set<string>();
  const taken = () => {
    const whole = { items: [...batch.values()], provisional: [...provisional.values()] };
    batch = new Map();
    provisional = new Map();
    return whole;
  };
  for await (const item of items) {
    const entry = item.kind === 'trace' ? dayIndexEntryOf(item.item) : item;
    if (!entries.has(entry.id)) batch.set(entry.id, entry);
    if (entries.size >= MAX_ENTRIES) entries.clear();
    entries.add(entry.id);
    if (item.kind === 'trace') {
      const isAnswer = item.item[PROVISIONAL] === undefined;
      if (isAnswer) batch.set(item.id, item);
      else if (!batch.has(item.id)) provisional.set(item.id, item);
      if (isAnswer) provisional.delete(item.id);
    }
    if (batch.size >= MAX_BATCH - 1 || provisional.size >= MAX_PROVISIONAL) yield taken();
  }
  if (batch.size + provisional.size > 0) yield taken();
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function hasOnlyTraceAttributes(item: Readonly<Record<string, unknown>>): item is Item {
  return Object.entries(item).every(([name, attribute]) => {
    const members = asObject(attribute);
    if (!members || !Object.hasOwn(TRACE_ATTRIBUTES, name) || Object.keys(members).length !== 1) return false;
    switch (TRACE_ATTRIBUTES[name]) {
      case 'S':
        return (
          typeof members.S === 'string' && members.S !== '' && Buffer.byteLength(members.S) <= MAX_TEXT_BYTES
        );
      case 'N':
        return typeof members.N === 'string' && NUMBER.test(members.N);
      case 'BOOL':
        return members.BOOL === true;
      case 'M':
        return hasOnlyUnits(members.M);
    }
  });
}

/** Returns true if a map has only counts of units that exist. */
function hasOnlyUnits(map: unknown): boolean {
  const counts = asObject(map);
  if (!counts) return false;
  return Object.entries(counts).every(([name, attribute]) => {
    const { N, ...others } = asObject(attribute) ?? {};
    const isCount = typeof N === 'string' && NUMBER.test(N) && Object.keys(others).length === 0;
    return isCount && (UNITS as readonly string[]).includes(name);
  });
}

/**
 * Returns true if the keys of a trace fit its agent id, request id and timestamp. A trace with wrong keys
 * could overwrite another trace.
 */
function isTrace(item: Item): boolean {
  const timestamp = momentOf(textOf(item.timestamp));
  if (timestamp === undefined || item.agentId === undefined || item.requestId === undefined) return false;
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
