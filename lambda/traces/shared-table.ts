import { type Item, textOf } from './attributes';
import { callTimeProblem } from './call-time';
import type { TableLocation } from './trace';
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
 * Maximum partitions remembered as being in the day index: 64 agents for two months. A forgotten one is only
 * written again.
 */
const MAX_CONFIRMED_ENTRIES = 4096;
/** Maximum provisional traces remembered whose request had no answer. */
const MAX_UNSETTLED = 1000;

/**
 * State that all writers of one table share: connection, circuit breaker, room in the queue, and day index.
 */
export class SharedTable {
  readonly batchSize: number;
  private readonly itemOptions: ItemOptions;
  private readonly maxQueue: number;
  private waiting = 0;
  /** Partitions whose day-index entry is written or in flight. */
  private readonly announced = new Set<string>();
  /** Keys of provisional traces whose request had no answer. It may still be carried out. */
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

  /** Reserves room for one trace. @returns false if there is none */
  reserve(): boolean {
    if (this.waiting >= this.maxQueue) return false;
    this.waiting += 1;
    return true;
  }

  /** Releases the room of written or spilled traces. */
  release(count: number): void {
    this.waiting -= count;
  }

  /** Connects at the first use, because a program that writes nothing does not need the SDK. */
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

  /** Drops the connection. The next use connects again. */
  disconnect(): void {
    this.writer = undefined;
  }

  /**
   * Returns the items of an invocation: its trace, after the day-index entry of its partition if that is not
   * written yet.
   */
  itemsOf(
    invocation: Invocation,
    { provisional, withEntry }: { readonly provisional: boolean; readonly withEntry: boolean },
  ): QueuedItem[] {
    const problem = callTimeProblem(invocation.timestamp, this.itemOptions);
    if (problem !== undefined) {
      warnOnce(
        'traces:time',
        `A trace has a time that no call can have (${problem}). It may be deleted at once, and reports may ` +
          'leave it out. Give the time at which the call was made, or none.',
      );
    }
    const trace = queued('trace', traceItem(invocation, { ...this.itemOptions, provisional }));
    const partition = partitionOf(trace.item);
    if (!withEntry || this.announced.has(partition)) return [trace];
    if (this.announced.size > MAX_CONFIRMED_ENTRIES) this.announced.clear();
    this.announced.add(partition);
    return [queued('directory', dayIndexItem(identityOf(invocation), this.itemOptions)), trace];
  }

  /** Forgets the day-index entries among unwritten items, so that they are written again. */
  forget(items: readonly QueuedItem[]): void {
    for (const { kind, item } of items) if (kind === 'directory') this.announced.delete(partitionNamed(item));
  }

  /** Remembers the provisional traces among items whose request had no answer. */
  leaveUnsettled(items: readonly QueuedItem[]): void {
    for (const { id, item } of items) {
      if (!('provisional' in item)) continue;
      if (this.unsettled.size >= MAX_UNSETTLED) this.unsettled.clear();
      this.unsettled.add(id);
    }
  }

  /** True if a provisional trace of the same key may still be written after this one. */
  isUnsettled({ id }: QueuedItem): boolean {
    return this.unsettled.has(id);
  }
}

export function partitionOf(item: Item): string {
  return textOf(item[TRACE_TABLE.partitionKey]);
}

/** Returns the partition that a day-index entry names. */
export function partitionNamed(entry: Item): string {
  return partitionOfEntry({ pk: partitionOf(entry), sk: textOf(entry[TRACE_TABLE.sortKey]) });
}

/** Settings of everything that writes traces to one table. */
export interface SharedTableOptions extends TableLocation {
  /**
   * Number of partitions for an agent's day, as the table's `writeShards`.
   *
   * @default 1
   */
  readonly writeShards?: number;
  /**
   * Days until a trace expires; 0 keeps it for ever.
   *
   * @default 90
   */
  readonly ttlDays?: number;
  /**
   * Items in one request, 1 to 25.
   *
   * @default 25
   */
  readonly batchSize?: number;
  /**
   * Maximum traces in the queue. Further traces are spilled.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /**
   * Consecutive failed requests after which the circuit breaker opens. While it is open, traces are spilled
   * at once.
   *
   * @default 5
   */
  readonly breakerFailures?: number;
  /**
   * Seconds for which the breaker stays open. After that, one request tries the table.
   *
   * @default 60
   */
  readonly breakerResetSeconds?: number;
}
