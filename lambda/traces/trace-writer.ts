import type { Item } from './attributes';
import { SharedTable, indexedPartition, partitionOf } from './shared-table';
import type { SharedTableOptions } from './table-options';
import { ENTRY_MARK, type QueuedItem, spill } from './trace-item';
import type { Invocation, RecordState } from '../invocation/invocation';
import { type Deadline, deadlineIn } from '../process/deadline';
import type { Outcome, WriteBatch } from '../process/retry';
import { errorName, warnOnce } from '../process/warn-once';

/**
 * Names of the metrics of a {@link TraceWriter}: traces written to the log, traces lost, and openings of the
 * circuit breaker.
 */
export type TraceCount = 'tracesSpilled' | 'tracesDropped' | 'breakerOpened';

/** Options of a {@link TraceWriter}. */
export interface TraceWriterOptions extends SharedTableOptions {
  /**
   * Called with the name of a metric and the number to add to it. Called if traces are written to the log or
   * lost, and if the circuit breaker opens.
   */
  readonly onCount?: (metric: TraceCount, count: number) => void;
}

const DEADLINE = 'deadline';
const UNSETTLED = 'a request with its provisional trace has no answer';
const DEFAULT_FLUSH_MS = 1000;
/**
 * Maximum number of requests that a flush sends at the same time. Four are enough to write a full queue of
 * 1000 traces within a second.
 */
const CONCURRENCY = 4;
/** Maximum number of traces that `spillSoon` collects in `overflow` before it writes them to the log. */
const OVERFLOW = 500;

/** Batch for which a write request was sent. */
interface Underway {
  /** Items of the batch that DynamoDB has not confirmed yet. */
  left: readonly QueuedItem[];
  /** Promise that is fulfilled when all items of the batch are in the table or in the log. */
  end: Promise<void>;
}

interface Waiting {
  readonly invocation: Invocation;
  readonly provisional: boolean;
}

/**
 * Writes one trace for each invocation to the trace table, in batches. A trace that cannot be written goes to
 * the log as a `TraceSpill` line, which `replaySpills` can write to the table later. No method throws.
 */
export class TraceWriter {
  private queue: Waiting[] = [];
  /** DynamoDB items for the next write requests. */
  private ready: QueuedItem[] = [];
  private readonly underway = new Set<Underway>();
  /** Promise that is fulfilled when all log writes so far have ended. Each flush waits for it. */
  private spilling: Promise<unknown> = Promise.resolve();
  /** Traces that came while the queue was full. `spillOverflow` writes them to the log. */
  private overflow: Waiting[] = [];

  private readonly table: SharedTable;

  constructor(options: TraceWriterOptions);
  /**
   * @param table state that several writers of one table share
   * @internal
   */
  constructor(options: TraceWriterOptions, table?: SharedTable);
  constructor(
    private readonly options: TraceWriterOptions,
    table = new SharedTable(options),
  ) {
    this.table = table;
  }

  /** Number of invocations and items in the queue that have not been sent. */
  get pending(): number {
    return this.queue.length + this.ready.length;
  }

  /** True if the queue is empty and no write request is running. */
  get isIdle(): boolean {
    return this.pending + this.underway.size === 0;
  }

  /** True if the queue has enough items to fill one write request. */
  get hasBatch(): boolean {
    return this.pending >= this.table.batchSize;
  }

  /**
   * Queues an invocation, or writes its trace to the log if the queue is full. {@link flush} later converts
   * the queued invocation to a DynamoDB item, so that the model call is not delayed.
   */
  enqueue(invocation: Invocation, { provisional = false, replaces }: RecordState = {}): void {
    if (replaces) this.withdraw(replaces);
    const waiting = { invocation, provisional };
    if (this.table.reserve()) this.queue.push(waiting);
    else this.spillSoon(waiting);
  }

  /**
   * Writes the queued traces to the table. Traces that are not written in time go to the log. Never rejects.
   *
   * @param deadlineMs time limit in milliseconds (default: 1000)
   * @param ownOnly true to return without waiting for the requests of earlier flushes (default: false)
   */
  async flush({
    deadlineMs = DEFAULT_FLUSH_MS,
    ownOnly = false,
  }: { readonly deadlineMs?: number; readonly ownOnly?: boolean } = {}): Promise<void> {
    this.spillOverflow();
    await this.spilling;
    if (this.isIdle || (ownOnly && this.pending === 0)) return;
    const deadline = deadlineIn(deadlineMs);
    try {
      await this.drain(deadline, ownOnly);
      await this.spilling;
    } finally {
      deadline.end();
    }
  }

  /** Writes all queued and unconfirmed traces to the log, synchronously. */
  spill(): void {
    this.spillOverflow();
    const items = [...this.takeUnderway(), ...this.takeWaiting()];
    this.table.forget(items);
    const { traces, entries } = separate(items);
    void spill(entries, ENTRY_MARK);
    void spill(traces);
    this.count('tracesSpilled', traces.length);
  }

  private async drain(deadline: Deadline, ownOnly: boolean): Promise<void> {
    try {
      const write = await Promise.race([this.table.connect(), deadline.passed]);
      while (write && !deadline.signal.aborted && !this.isDone(ownOnly)) {
        await Promise.all(Array.from({ length: CONCURRENCY }, () => this.writeBatches(write, deadline)));
        // If items are left, the loop waits until a batch in `underway` ends. The batch can belong to another
        // flush, or contain an item with the same key as a queued item.
        if (!this.isDone(ownOnly)) {
          await Promise.race([...[...this.underway].map(({ end }) => end), deadline.passed]);
        }
      }
      if (deadline.signal.aborted) {
        await this.spillRefused({ left: [...(ownOnly ? [] : this.takeUnderway()), ...this.takeWaiting()] });
      }
    } catch (error) {
      this.table.disconnect();
      await this.spillRefused({ left: this.takeWaiting(), reason: errorName(error) });
    }
  }

  private isDone(ownOnly: boolean): boolean {
    return this.pending === 0 && (ownOnly || this.underway.size === 0);
  }

  private async writeBatches(write: WriteBatch<QueuedItem>, deadline: Deadline): Promise<void> {
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      if (deadline.signal.aborted) {
        await this.spillRefused({ left: batch });
        continue;
      }
      const underway: Underway = { left: batch, end: Promise.resolve() };
      this.underway.add(underway);
      underway.end = this.send(underway, write, deadline);
      await underway.end;
    }
  }

  private async send(underway: Underway, write: WriteBatch<QueuedItem>, deadline: Deadline): Promise<void> {
    const outcome = await write(underway.left, deadline, left => {
      underway.left = left;
    });
    if (outcome.opened) this.count('breakerOpened', 1);
    // Stops here if `takeUnderway` has removed the batch, because its items then go to the log. Also stops if
    // all items are in the table.
    if (!this.underway.delete(underway) || outcome.left.length === 0) return;
    // These items got no confirmation, but DynamoDB may still write them.
    this.table.leaveUnsettled(outcome.left);
    await this.spillRefused(outcome);
  }

  /**
   * Removes and returns the items for one request. Each key occurs once, because DynamoDB refuses a request
   * that contains a key twice.
   */
  private nextBatch(): QueuedItem[] {
    const { batchSize } = this.table;
    while (this.ready.length < batchSize && this.queue.length > 0) {
      for (const waiting of this.takeQueue(batchSize - this.ready.length)) {
        const items = this.itemsOf(waiting, { withEntry: true });
        if (!waiting.provisional && items.some(item => this.table.isUnsettled(item))) {
          this.alsoAwait(this.spillRefused({ left: items, reason: UNSETTLED }));
        } else {
          this.ready.push(...items);
        }
      }
    }
    const busy = new Set([...this.underway].flatMap(({ left }) => left.map(({ id }) => id)));
    const batch: QueuedItem[] = [];
    this.ready = this.ready.filter(item => {
      if (batch.length === batchSize || busy.has(item.id)) return true;
      busy.add(item.id);
      batch.push(item);
      return false;
    });
    return batch;
  }

  private itemsOf({ invocation, provisional }: Waiting, { withEntry = false } = {}): QueuedItem[] {
    try {
      return this.table.itemsOf(invocation, { provisional, withEntry });
    } catch (error) {
      warnOnce('traces:item', `An invocation could not be converted to a trace (${errorName(error)}).`);
      this.count('tracesDropped', 1);
      return [];
    }
  }

  private takeQueue(count: number): Waiting[] {
    const taken = this.queue.splice(0, count);
    this.table.release(taken.length);
    return taken;
  }

  /**
   * Removes and returns all items that have not been sent. Adds no day-index entries for queued traces,
   * because a replay of the traces makes these entries.
   */
  private takeWaiting(): QueuedItem[] {
    const waiting = [...this.ready, ...this.takeQueue(this.queue.length).flatMap(one => this.itemsOf(one))];
    this.ready = [];
    return waiting;
  }

  /** Removes and returns all items whose request is being sent. DynamoDB may still write these items. */
  private takeUnderway(): QueuedItem[] {
    const items = [...this.underway].flatMap(({ left }) => left);
    this.underway.clear();
    this.table.leaveUnsettled(items);
    return items;
  }

  /**
   * Removes the provisional trace of an invocation from the queue. Has no effect if the trace was already
   * sent.
   */
  withdraw(invocation: Invocation): void {
    const before = this.queue.length;
    this.queue = this.queue.filter(waiting => waiting.invocation !== invocation);
    this.table.release(before - this.queue.length);
    const [trace] = this.itemsOf({ invocation, provisional: true });
    this.ready = this.ready.filter(({ id }) => id !== trace?.id);
  }

  /**
   * Adds a trace to `overflow`, because the queue is full. A microtask then writes `overflow` to the log. If
   * `overflow` has `OVERFLOW` traces, it is written at once, to limit the memory.
   */
  private spillSoon(waiting: Waiting): void {
    this.overflow.push(waiting);
    if (this.overflow.length === 1) queueMicrotask(() => this.spillOverflow());
    if (this.overflow.length === OVERFLOW) this.spillOverflow();
  }

  private spillOverflow(): void {
    if (this.overflow.length === 0) return;
    const items = this.overflow.flatMap(waiting => this.itemsOf(waiting));
    this.overflow = [];
    this.alsoAwait(this.spillItems(items));
  }

  private async spillRefused({ left, reason = DEADLINE }: Outcome<QueuedItem>): Promise<void> {
    if (left.length === 0) return;
    warnOnce(
      `traces:${reason}`,
      `Traces could not be written to ${this.options.tableName} (${reason}). They are in the log as ` +
        'TraceSpill lines.',
    );
    this.table.forget(left);
    await this.spillItems(left);
  }

  /**
   * Writes items to the log, and counts the spilled and dropped traces. `counting` gets only the number of
   * traces, so that the items do not stay in memory.
   */
  private spillItems(items: readonly QueuedItem[]): Promise<void> {
    const { traces, entries } = separate(items);
    void spill(entries, ENTRY_MARK);
    return this.counting(traces.length, spill(traces));
  }

  private alsoAwait(spilling: Promise<void>): void {
    this.spilling = Promise.all([this.spilling, spilling]);
  }

  private async counting(traces: number, spilling: Promise<number>): Promise<void> {
    const spilled = await spilling;
    this.count('tracesSpilled', spilled);
    this.count('tracesDropped', traces - spilled);
  }

  private count(metric: TraceCount, count: number): void {
    if (count === 0) return;
    try {
      this.options.onCount?.(metric, count);
    } catch (error) {
      warnOnce('traces:count', `The onCount callback of a trace writer failed (${errorName(error)}).`);
    }
  }
}

/**
 * Splits items into traces and day-index entries. Omits the entry of a partition if `items` contains a trace
 * of the partition. A replay of the trace also writes the entry. Omits claims, because they are needed only
 * for some minutes.
 */
function separate(items: readonly QueuedItem[]): { readonly traces: Item[]; readonly entries: Item[] } {
  const itemsOf = (wanted: QueuedItem['kind']) =>
    items.filter(({ kind }) => kind === wanted).map(({ item }) => item);
  const traces = itemsOf('trace');
  const implied = new Set(traces.map(partitionOf));
  return { traces, entries: itemsOf('dayIndexEntry').filter(entry => !implied.has(indexedPartition(entry))) };
}
