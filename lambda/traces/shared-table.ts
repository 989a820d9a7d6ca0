import { type Item, textOf } from './attributes';
import { callTimeProblem } from './call-time';
import { claimItem, requestClaim, TRACKER } from './claim-item';
import type { SharedTableOptions } from './table-options';
import {
  type ItemOptions,
  MAX_BATCH,
  type QueuedItem,
  dayIndexItem,
  identityOf,
  queued,
  traceItem,
} from './trace-item';
import { partitionOfEntry } from './trace-keys';
import { DEFAULT_TRACE_TTL_DAYS, DEFAULT_WRITE_SHARDS, TRACE_TABLE } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import type { WriteBatch } from '../process/retry';
import { warnOnce } from '../process/warn-once';

const DEFAULT_MAX_QUEUE = 1000;
const DEFAULT_FAILURES = 5;
const DEFAULT_RESET_SECONDS = 60;
/**
 * Maximum number of partitions in `indexed`, enough for 64 agents and two months. If the set is full, it is
 * cleared. The day-index entries are then written a second time, with the same content.
 */
const MAX_INDEXED = 4096;
/** Maximum number of trace ids in `unsettled`. If the set is full, it is cleared. */
const MAX_UNSETTLED = 1000;

/**
 * State that all writers of one trace table share. Examples are the connection, the circuit breaker and the
 * number of queued traces.
 */
export class SharedTable {
  readonly batchSize: number;
  private readonly itemOptions: ItemOptions;
  private readonly maxQueue: number;
  private queuedTraces = 0;
  /** Keys of the partitions whose day-index entry is in the table, or is being written. */
  private readonly indexed = new Set<string>();
  /**
   * Ids of provisional traces whose write request got no response. DynamoDB may still write such a trace
   * later.
   */
  private readonly unsettled = new Set<string>();
  private writer: Promise<WriteBatch<QueuedItem>> | undefined;

  constructor(private readonly options: SharedTableOptions) {
    const { maxQueue = DEFAULT_MAX_QUEUE, batchSize = MAX_BATCH } = options;
    this.maxQueue = maxQueue >= 0 ? maxQueue : DEFAULT_MAX_QUEUE;
    this.batchSize = batchSize >= 1 ? Math.min(Math.floor(batchSize), MAX_BATCH) : MAX_BATCH;
    this.itemOptions = {
      writeShards: options.writeShards ?? DEFAULT_WRITE_SHARDS,
      ttlDays: options.ttlDays ?? DEFAULT_TRACE_TTL_DAYS,
    };
  }

  /** Reserves a place in the queue for one trace. Returns false if the queue is full. */
  reserve(): boolean {
    if (this.queuedTraces >= this.maxQueue) return false;
    this.queuedTraces += 1;
    return true;
  }

  /**
   * Releases the places of `count` traces that have left the queue, so that `reserve` can give them to other
   * traces.
   */
  release(count: number): void {
    this.queuedTraces -= count;
  }

  /**
   * Returns the function that writes to the table. Connects at the first call. The AWS SDK is loaded here, so
   * that a program without traces never loads it.
   */
  connect(): Promise<WriteBatch<QueuedItem>> {
    const { breakerFailures = DEFAULT_FAILURES, breakerResetSeconds = DEFAULT_RESET_SECONDS } = this.options;
    this.writer ??= import('./trace-table.aws').then(({ connectTable }) =>
      connectTable(this.options, {
        failures: breakerFailures >= 1 ? breakerFailures : DEFAULT_FAILURES,
        resetMs: (breakerResetSeconds >= 0 ? breakerResetSeconds : DEFAULT_RESET_SECONDS) * 1000,
      }),
    );
    return this.writer;
  }

  /** Drops the connection. The next call of `connect` makes a new connection. */
  disconnect(): void {
    this.writer = undefined;
  }

  /**
   * Returns the trace of an invocation. If `withEntry` is true, also returns the day-index entry, before the
   * trace, and the claim to the call, after the trace. Omits the entry if the partition is in `indexed`.
   * Omits the claim for a cached response, and if `claimCalls` is not set.
   */
  itemsOf(
    invocation: Invocation,
    { provisional, withEntry }: { readonly provisional: boolean; readonly withEntry: boolean },
  ): QueuedItem[] {
    const problem = callTimeProblem(invocation.timestamp, this.itemOptions);
    if (problem !== undefined) {
      warnOnce(
        'traces:time',
        `The time of a trace cannot be that of a call (${problem}). The trace may be deleted at once, and ` +
          'reports may omit it. Pass the time of the call, or no timestamp.',
      );
    }
    const trace = queued('trace', traceItem(invocation, { ...this.itemOptions, provisional }));
    if (!withEntry) return [trace];
    const items = [trace];
    if (this.options.claimCalls && !invocation.cached) {
      items.push(queued('claim', claimItem(requestClaim(invocation.requestId), TRACKER)));
    }
    const partition = partitionOf(trace.item);
    if (this.indexed.has(partition)) return items;
    if (this.indexed.size > MAX_INDEXED) this.indexed.clear();
    this.indexed.add(partition);
    return [queued('dayIndexEntry', dayIndexItem(identityOf(invocation), this.itemOptions)), ...items];
  }

  /**
   * Removes a partition from `indexed` if `items` contains its day-index entry, because the entry was not
   * written. The next trace of the partition writes the entry again.
   */
  forget(items: readonly QueuedItem[]): void {
    for (const { kind, item } of items) {
      if (kind === 'dayIndexEntry') this.indexed.delete(indexedPartition(item));
    }
  }

  /**
   * Adds the ids of the provisional traces in `items` to `unsettled`, because their write request got no
   * response.
   */
  leaveUnsettled(items: readonly QueuedItem[]): void {
    for (const { id, item } of items) {
      if (!('provisional' in item)) continue;
      if (this.unsettled.size >= MAX_UNSETTLED) this.unsettled.clear();
      this.unsettled.add(id);
    }
  }

  /**
   * Returns true if `unsettled` has the id of the item. A provisional trace with the same key may then still
   * overwrite the item.
   */
  isUnsettled({ id }: QueuedItem): boolean {
    return this.unsettled.size > 0 && this.unsettled.has(id);
  }
}

/** Returns the partition key of an item. */
export function partitionOf(item: Item): string {
  return textOf(item[TRACE_TABLE.partitionKey]);
}

/** Returns the partition key of the traces to which a day-index entry points. */
export function indexedPartition(entry: Item): string {
  return partitionOfEntry({ pk: partitionOf(entry), sk: textOf(entry[TRACE_TABLE.sortKey]) });
}
