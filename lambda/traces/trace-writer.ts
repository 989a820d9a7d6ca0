import { type Item, textOf } from './attributes';
import type { Outcome, WriteBatch } from './batch-write';
import { MAX_BATCH, queued, type QueuedItem } from './queued-item';
import { ENTRY_MARK, spill } from './spill';
import type { TableLocation } from './table-location';
import { directoryItem, identityOf, type ItemOptions, traceItem } from './trace-item';
import { partitionOfEntry } from './trace-keys';
import { TraceQueue } from './trace-queue';
import { DEFAULT_TRACE_TTL_DAYS, DEFAULT_WRITE_SHARDS, TRACE_TABLE } from '../../src/contract';
import type { Invocation } from '../invocation/invocation';
import { type Deadline, deadlineIn } from '../process/deadline';
import { nameOf, warnOnce } from '../process/warn-once';

/** What is counted of traces that did not reach the table. */
export type TraceCount = 'tracesSpilled' | 'tracesDropped' | 'breakerOpened';

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
  /**
   * After so many failed requests in a row, the circuit
   * breaker opens: what comes then goes to the log at once.
   *
   * @default 5
   */
  readonly breakerFailures?: number;
  /**
   * For how long the breaker stays open, in seconds; then one request tries the table.
   *
   * @default 60
   */
  readonly breakerResetSeconds?: number;
  /** Told how many traces went to the log, or were lost, when that happens; and when the breaker opens. */
  readonly onCount?: (metric: TraceCount, count: number) => void;
}

const DEADLINE = 'deadline';
const DEFAULT_MAX_QUEUE = 1000;
const DEFAULT_FLUSH_MS = 1000;
const DEFAULT_FAILURES = 5;
const DEFAULT_RESET_SECONDS = 60;
/**
 * Requests under way at once: enough that a queue is written
 * within a second, few enough to leave the process to its work.
 */
const CONCURRENCY = 4;
/**
 * Partitions remembered as known to the day directory: 64
 * agents for two months. Forgetting one only writes it again.
 */
const MAX_ANNOUNCED = 4096;

/**
 * Writes one trace for each invocation to the trace table, in batches. It never throws:
 * what cannot be written goes to the log as a `TraceSpill` line, to be replayed.
 */
export class TraceWriter {
  private readonly queue: TraceQueue;
  private readonly itemOptions: ItemOptions;
  private readonly batchSize: number;
  /** Items that are made and not sent yet. */
  private ready: QueuedItem[] = [];
  private readonly underway = new Set<readonly QueuedItem[]>();
  /** Partitions whose directory entry is written, or on its way. */
  private readonly announced = new Set<string>();
  private writer: Promise<WriteBatch> | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: TraceWriterOptions) {
    const { maxQueue = DEFAULT_MAX_QUEUE, batchSize = MAX_BATCH } = options;
    this.queue = new TraceQueue(maxQueue >= 0 ? maxQueue : DEFAULT_MAX_QUEUE);
    this.batchSize = batchSize >= 1 ? Math.min(Math.floor(batchSize), MAX_BATCH) : MAX_BATCH;
    this.itemOptions = {
      writeShards: options.writeShards ?? DEFAULT_WRITE_SHARDS,
      ttlDays: options.ttlDays ?? DEFAULT_TRACE_TTL_DAYS,
    };
  }

  /** How many items wait. */
  get pending(): number {
    return this.queue.size + this.ready.length;
  }

  /** Whether nothing waits and nothing is under way. */
  get isIdle(): boolean {
    return this.pending + this.underway.size === 0;
  }

  /** Whether enough wait to fill a request. */
  get hasBatch(): boolean {
    return this.pending >= this.batchSize;
  }

  /**
   * Puts an invocation's trace in the queue; where that is full, on
   * the log. It is made when it is sent, not on the call's own path.
   */
  enqueue(invocation: Invocation): void {
    if (!this.queue.add(invocation)) void this.spillItems(this.tracesOf([invocation]));
  }

  /**
   * Writes what waits, and spills what cannot be written in time. Where flushes overlap, each
   * waits for what the others write, and none beyond its own deadline. It never rejects.
   *
   * @param deadlineMs how long it may take (default: 1000)
   */
  flush({ deadlineMs = DEFAULT_FLUSH_MS }: { readonly deadlineMs?: number } = {}): Promise<void> {
    const before = this.flushing;
    const deadline = deadlineIn(deadlineMs);
    const drained = Promise.race([before, deadline.passed])
      .then(() => this.drain(deadline))
      .finally(() => deadline.end());
    this.flushing = Promise.all([before, drained]).then(() => undefined);
    return drained;
  }

  /**
   * Puts on the log what waits, and what is under way, before it returns: for a process that is about to end.
   */
  spill(): void {
    const traces = [...this.underway, this.takeAll()].flat().filter(({ kind }) => kind === 'trace');
    this.underway.clear();
    void spill(traces.map(({ item }) => item));
    this.count('tracesSpilled', traces.length);
  }

  private async drain(deadline: Deadline): Promise<void> {
    if (this.pending === 0) return;
    try {
      const write = await Promise.race([this.connect(), deadline.passed]);
      const seen = new Set<string>();
      if (write) {
        await Promise.all(
          Array.from({ length: CONCURRENCY }, () => this.writeBatches(write, deadline, seen)),
        );
      } else {
        await this.refused({ left: this.takeAll() });
      }
    } catch (error) {
      this.writer = undefined;
      await this.refused({ left: this.takeAll(), reason: nameOf(error) });
    }
  }

  private async writeBatches(write: WriteBatch, deadline: Deadline, seen: Set<string>): Promise<void> {
    for (let batch = this.nextBatch(seen); batch.length > 0; batch = this.nextBatch(seen)) {
      this.underway.add(batch);
      const outcome: Outcome = deadline.signal.aborted ? { left: batch } : await write(batch, deadline);
      // What is not under way any more has been spilled.
      if (this.underway.delete(batch) && outcome.left.length > 0) await this.refused(outcome);
    }
  }

  /** @param seen what this flush has sent: a request that has one key twice is refused as a whole */
  private nextBatch(seen: Set<string>): QueuedItem[] {
    while (this.ready.length < this.batchSize && this.queue.size > 0) {
      for (const invocation of this.queue.take(this.batchSize - this.ready.length)) {
        const [trace] = this.tracesOf([invocation]);
        if (!trace || seen.has(trace.id)) continue;
        seen.add(trace.id);
        this.ready.push(...this.directoryOf(invocation, trace), trace);
      }
    }
    return this.ready.splice(0, this.batchSize);
  }

  /** The directory entry of a trace's partition, unless it is known to be written. */
  private directoryOf(invocation: Invocation, { item }: QueuedItem): QueuedItem[] {
    const partition = partitionOf(item);
    if (this.announced.has(partition)) return [];
    if (this.announced.size > MAX_ANNOUNCED) this.announced.clear();
    this.announced.add(partition);
    return [queued('directory', directoryItem(identityOf(invocation), this.itemOptions))];
  }

  /** What was not written is not announced. */
  private forget(items: readonly QueuedItem[]): void {
    for (const { kind, item } of items) if (kind === 'directory') this.announced.delete(partitionNamed(item));
  }

  private tracesOf(invocations: readonly Invocation[]): QueuedItem[] {
    return invocations.flatMap(invocation => {
      try {
        return [queued('trace', traceItem(invocation, this.itemOptions))];
      } catch (error) {
        warnOnce('traces:item', `An invocation could not be made a trace (${nameOf(error)}).`);
        this.count('tracesDropped', 1);
        return [];
      }
    });
  }

  /** All traces that wait. Their directory entries follow from them when they are replayed. */
  private takeAll(): QueuedItem[] {
    const waiting = [...this.ready, ...this.tracesOf(this.queue.take(this.queue.size))];
    this.ready = [];
    this.forget(waiting);
    return waiting.filter(({ kind }) => kind === 'trace');
  }

  private connect(): Promise<WriteBatch> {
    const { breakerFailures = DEFAULT_FAILURES, breakerResetSeconds = DEFAULT_RESET_SECONDS } = this.options;
    // What never writes never pays for the SDK.
    this.writer ??= import('./trace-table.aws').then(({ connectTable }) =>
      connectTable(this.options, {
        failures: breakerFailures >= 1 ? breakerFailures : DEFAULT_FAILURES,
        resetMs: (breakerResetSeconds >= 0 ? breakerResetSeconds : DEFAULT_RESET_SECONDS) * 1000,
        onOpen: () => this.count('breakerOpened', 1),
      }),
    );
    return this.writer;
  }

  private refused({ left, reason = DEADLINE }: Outcome): Promise<void> {
    warnOnce(
      `traces:${reason}`,
      `Traces could not be written to ${this.options.tableName} (${reason}); they are in the log as ` +
        'TraceSpill lines.',
    );
    this.forget(left);
    return this.spillItems(left);
  }

  private async spillItems(items: readonly QueuedItem[]): Promise<void> {
    const traces = items.filter(({ kind }) => kind === 'trace');
    // A trace's entry follows from it. The entry of traces that were written is counted with none.
    const implied = new Set(traces.map(({ item }) => partitionOf(item)));
    void spill(
      items
        .filter(({ kind, item }) => kind === 'directory' && !implied.has(partitionNamed(item)))
        .map(({ item }) => item),
      ENTRY_MARK,
    );
    const spilled = await spill(traces.map(({ item }) => item));
    this.count('tracesSpilled', spilled);
    this.count('tracesDropped', traces.length - spilled);
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

function partitionOf(item: Item): string {
  return textOf(item[TRACE_TABLE.partitionKey]);
}

/** The partition that a directory entry names. */
function partitionNamed(entry: Item): string {
  return partitionOfEntry({ pk: partitionOf(entry), sk: textOf(entry[TRACE_TABLE.sortKey]) });
}
