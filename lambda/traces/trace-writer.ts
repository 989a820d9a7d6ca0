import { DEFAULT_TRACE_TTL_DAYS, DEFAULT_WRITE_SHARDS } from '../../src/contract';
import type { Invocation } from '../invocation';
import { nameOf, warnOnce } from '../warn-once';
import { type SendBatch, writeBatch } from './batch-write';
import { type Deadline, deadlineIn } from './deadline';
import { connectTable } from './dynamodb-batches';
import { spill } from './spill';
import type { TableLocation } from './table-location';
import { directoryItem, identityOf, type ItemOptions, traceItem } from './trace-item';
import { queued, type QueuedItem, TraceQueue } from './trace-queue';

/** What is counted of traces that did not reach the table. */
export type TraceCount = 'tracesSpilled' | 'tracesDropped';

export interface TraceWriterOptions extends TableLocation {
  /**
   * Over how many partitions an agent's day is spread; the table's `writeShards`.
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
   * How many traces may wait; one more goes to the log as a spill.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /** Told how many traces went to the log, or were lost, when that happens. */
  readonly onCount?: (metric: TraceCount, count: number) => void;
}

/** BatchWriteItem takes so many items (API reference). */
const MAX_BATCH = 25;
const DEFAULT_MAX_QUEUE = 1000;
const DEFAULT_FLUSH_MS = 1000;
/** Partitions remembered as known to the day directory: 64 agents for two months. Forgetting one only writes it again. */
const MAX_CONFIRMED = 4096;

/**
 * Writes one trace for each invocation to the trace table, in batches. It never throws: what cannot be written goes to the
 * log as a `TraceSpill` line, to be replayed.
 */
export class TraceWriter {
  private readonly queue: TraceQueue;
  private readonly itemOptions: ItemOptions;
  private readonly batchSize: number;
  private readonly confirmed = new Set<string>();
  private sender: Promise<SendBatch> | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: TraceWriterOptions) {
    const { maxQueue = DEFAULT_MAX_QUEUE, batchSize = MAX_BATCH } = options;
    this.queue = new TraceQueue(maxQueue >= 0 ? maxQueue : DEFAULT_MAX_QUEUE);
    this.batchSize = batchSize >= 1 ? Math.min(Math.floor(batchSize), MAX_BATCH) : MAX_BATCH;
    this.itemOptions = { writeShards: options.writeShards ?? DEFAULT_WRITE_SHARDS, ttlDays: options.ttlDays ?? DEFAULT_TRACE_TTL_DAYS };
  }

  /** How many items wait. */
  get pending(): number {
    return this.queue.size;
  }

  /** Puts an invocation's trace in the queue; where that is full, on the log. */
  enqueue(invocation: Invocation): void {
    try {
      const trace = queued('trace', traceItem(invocation, this.itemOptions));
      const directory = queued('directory', directoryItem(identityOf(invocation), this.itemOptions));
      const items = this.confirmed.has(directory.id) || this.queue.has(directory) ? [trace] : [directory, trace];
      if (this.queue.has(trace)) return;
      if (this.queue.isFull) this.spill(items);
      else for (const item of items) this.queue.add(item);
    } catch (error) {
      warnOnce('traces:item', `An invocation could not be made a trace (${nameOf(error)}).`);
      this.count('tracesDropped', 1);
    }
  }

  /**
   * Writes what waits, and spills what cannot be written in time. Where flushes overlap, each waits for what the others
   * write, and none beyond its own deadline. It never rejects.
   *
   * @param deadlineMs how long it may take (default: 1000)
   */
  flush({ deadlineMs = DEFAULT_FLUSH_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    const before = this.flushing;
    const deadline = deadlineIn(deadlineMs);
    const drained = Promise.race([before, deadline.passed]).then(() => this.drain(deadline)).finally(() => deadline.end());
    this.flushing = Promise.all([before, drained]).then(() => undefined);
    return drained;
  }

  private async drain(deadline: Deadline): Promise<void> {
    if (this.queue.size === 0) return;
    try {
      const send = await this.connect();
      while (this.queue.size > 0) {
        const batch = this.queue.take(this.batchSize);
        const { left, error } = deadline.signal.aborted ? { left: batch } : await writeBatch(batch, send, deadline);
        this.confirm(batch, left);
        if (left.length > 0) {
          const reason = error === undefined ? 'deadline' : nameOf(error);
          warnOnce(`traces:${reason}`, `Traces could not be written to ${this.options.tableName} (${reason}); they are in the log as TraceSpill lines.`);
          this.spill(left);
        }
      }
    } catch (error) {
      warnOnce('traces:connect', `The DynamoDB client could not be made (${nameOf(error)}); traces are in the log as TraceSpill lines.`);
      this.sender = undefined;
      this.spill(this.queue.take(this.queue.size));
    }
  }

  private connect(): Promise<SendBatch> {
    this.sender ??= connectTable(this.options);
    return this.sender;
  }

  private confirm(batch: readonly QueuedItem[], left: readonly QueuedItem[]): void {
    if (this.confirmed.size > MAX_CONFIRMED) this.confirmed.clear();
    for (const item of batch) if (item.kind === 'directory' && !left.includes(item)) this.confirmed.add(item.id);
  }

  private spill(items: readonly QueuedItem[]): void {
    // A trace whose partition is not in the directory would not be found: its entry is spilled with it, and counted with none.
    spill(items.filter(({ kind }) => kind === 'directory').map(({ item }) => item));
    const { spilled, dropped } = spill(items.filter(({ kind }) => kind === 'trace').map(({ item }) => item));
    this.count('tracesSpilled', spilled);
    this.count('tracesDropped', dropped);
  }

  private count(metric: TraceCount, count: number): void {
    if (count === 0) return;
    try {
      this.options.onCount?.(metric, count);
    } catch (error) {
      warnOnce('traces:count', `A count of traces was refused (${nameOf(error)}).`);
    }
  }
}
