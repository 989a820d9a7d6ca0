import { DEFAULT_TRACE_TTL_DAYS, DEFAULT_WRITE_SHARDS } from '../../src/contract';
import type { Invocation } from '../invocation';
import { warnOnce } from '../warn-once';
import { type SendBatch, writeBatch } from './batch-write';
import { connectTable } from './dynamodb-batches';
import { spill } from './spill';
import type { TableLocation } from './table-location';
import { traceItem } from './trace-item';
import { dayOf, directoryKey, shardOf } from './trace-keys';
import { idOf, type QueuedItem, TraceQueue } from './trace-queue';

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
  readonly onCount?: (metric: 'tracesSpilled' | 'tracesDropped', count: number) => void;
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
  private readonly confirmed = new Set<string>();
  private sender: Promise<SendBatch> | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: TraceWriterOptions) {
    this.queue = new TraceQueue(options.maxQueue ?? DEFAULT_MAX_QUEUE);
  }

  /** How many items wait. */
  get pending(): number {
    return this.queue.size;
  }

  /** Puts an invocation's trace in the queue. */
  enqueue(invocation: Invocation): void {
    const writeShards = this.options.writeShards ?? DEFAULT_WRITE_SHARDS;
    const item = traceItem(invocation, { writeShards, ttlDays: this.options.ttlDays ?? DEFAULT_TRACE_TTL_DAYS });
    const agentId = (item.agentId as { S: string }).S;
    const requestId = (item.requestId as { S: string }).S;
    const directory = directoryKey(agentId, dayOf(invocation.timestamp), shardOf(requestId, writeShards));
    const directoryId = idOf(directory);
    if (!this.confirmed.has(directoryId)) {
      const { ttl } = item;
      this.queue.add({ kind: 'directory', id: directoryId, item: { pk: { S: directory.pk }, sk: { S: directory.sk }, ...(ttl && { ttl }) } });
    }
    const id = idOf({ pk: (item.pk as { S: string }).S, sk: (item.sk as { S: string }).S });
    if (!this.queue.add({ kind: 'trace', id, item })) this.spill([{ kind: 'trace', id, item }]);
  }

  /**
   * Writes what waits, and spills what cannot be written in time. Flushes follow each other.
   *
   * @param deadlineMs how long it may take (default: 1000)
   */
  flush({ deadlineMs = DEFAULT_FLUSH_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.flushing = this.flushing.then(() => this.drain(deadlineMs));
    return this.flushing;
  }

  private async drain(deadlineMs: number): Promise<void> {
    if (this.queue.size === 0) return;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), Math.max(0, deadlineMs));
    try {
      const send = await this.connect();
      while (this.queue.size > 0) {
        const batch = this.queue.take(Math.min(this.options.batchSize ?? MAX_BATCH, MAX_BATCH));
        const { left, error } = deadline.signal.aborted ? { left: batch } : await writeBatch(batch, send, deadline.signal);
        this.confirm(batch, left);
        if (left.length > 0) {
          const reason = error instanceof Error ? error.name : 'deadline';
          warnOnce(`traces:${reason}`, `Traces could not be written to ${this.options.tableName} (${reason}); they are in the log as TraceSpill lines.`);
          this.spill(left);
        }
      }
    } catch (error) {
      warnOnce('traces:connect', `The DynamoDB client could not be made (${error instanceof Error ? error.name : 'unknown'}); traces are in the log as TraceSpill lines.`);
      this.sender = undefined;
      this.spill(this.queue.take(this.queue.size));
    } finally {
      clearTimeout(timer);
    }
  }

  private connect(): Promise<SendBatch> {
    this.sender ??= connectTable(this.options);
    return this.sender;
  }

  private confirm(batch: readonly QueuedItem[], left: readonly QueuedItem[]): void {
    if (this.confirmed.size > MAX_CONFIRMED) this.confirmed.clear();
    for (const queued of batch) if (queued.kind === 'directory' && !left.includes(queued)) this.confirmed.add(queued.id);
  }

  private spill(items: readonly QueuedItem[]): void {
    // A trace whose partition is not in the directory would not be found: its entry is spilled with it, and counted with none.
    spill(items.filter(({ kind }) => kind === 'directory').map(({ item }) => item));
    const { spilled, dropped } = spill(items.filter(({ kind }) => kind === 'trace').map(({ item }) => item));
    if (spilled > 0) this.options.onCount?.('tracesSpilled', spilled);
    if (dropped > 0) this.options.onCount?.('tracesDropped', dropped);
  }
}
