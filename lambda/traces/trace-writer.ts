import type { Item } from './attributes';
import type { Outcome, WriteBatch } from './batch-write';
import type { QueuedItem } from './queued-item';
import { partitionNamed, partitionOf, SharedTable } from './shared-table';
import { ENTRY_MARK, spill } from './spill';
import type { SharedTableOptions } from './table-options';
import type { Invocation } from '../invocation/invocation';
import type { RecordState } from '../invocation/record-state';
import { type Deadline, deadlineIn } from '../process/deadline';
import { nameOf, warnOnce } from '../process/warn-once';

/** What is counted of traces that did not reach the table. */
export type TraceCount = 'tracesSpilled' | 'tracesDropped' | 'breakerOpened';

export interface TraceWriterOptions extends SharedTableOptions {
  /** Told how many traces went to the log, or were lost, when that happens; and when the breaker opens. */
  readonly onCount?: (metric: TraceCount, count: number) => void;
}

const DEADLINE = 'deadline';
const UNSETTLED = 'a request with its provisional trace has no answer';
const DEFAULT_FLUSH_MS = 1000;
/**
 * Requests under way at once: enough that a queue is written
 * within a second, few enough to leave the process to its work.
 */
const CONCURRENCY = 4;
/** Traces beyond the queue that are spilled together. */
const OVERFLOW = 500;

/** Batch that is sent. */
interface Underway {
  /** Items that are not known to be written. */
  left: readonly QueuedItem[];
  /** Fulfilled when the batch has ended. */
  end: Promise<void>;
}

interface Waiting {
  readonly invocation: Invocation;
  readonly provisional: boolean;
}

/**
 * Writes one trace for each invocation to the trace table, in batches. It never throws:
 * what cannot be written goes to the log as a `TraceSpill` line, to be replayed.
 */
export class TraceWriter {
  private queue: Waiting[] = [];
  /** Items that are made and not sent yet. */
  private ready: QueuedItem[] = [];
  /** Batches that are sent. */
  private readonly underway = new Set<Underway>();
  /** Fulfilled when what was spilled aside of a flush is counted. */
  private spilling: Promise<unknown> = Promise.resolve();
  /** Traces for which the queue has no room. */
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

  /** How many items wait. */
  get pending(): number {
    return this.queue.length + this.ready.length;
  }

  /** Whether nothing waits and nothing is under way. */
  get isIdle(): boolean {
    return this.pending + this.underway.size === 0;
  }

  /** Whether enough wait to fill a request. */
  get hasBatch(): boolean {
    return this.pending >= this.table.batchSize;
  }

  /**
   * Puts an invocation's trace in the queue; where that is full, on
   * the log. It is made when it is sent, not on the call's own path.
   */
  enqueue(invocation: Invocation, { provisional = false, replaces }: RecordState = {}): void {
    if (replaces) this.withdraw(replaces);
    const waiting = { invocation, provisional };
    if (this.table.reserve()) this.queue.push(waiting);
    else this.overflows(waiting);
  }

  /**
   * Writes what waits, and spills what cannot be written in time. It never rejects.
   *
   * @param deadlineMs how long it may take (default: 1000)
   * @param ownOnly true if it neither waits for what other flushes of this writer have sent nor spills that.
   * Default: false
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

  /**
   * Puts on the log what waits, and what is under way, before it returns: for a process that is about to end.
   */
  spill(): void {
    this.spillOverflow();
    const items = [...this.takeUnderway(), ...this.takeWaiting()];
    this.table.forget(items);
    const { traces, entries } = partsOf(items);
    void spill(entries, ENTRY_MARK);
    void spill(traces);
    this.count('tracesSpilled', traces.length);
  }

  private async drain(deadline: Deadline, ownOnly: boolean): Promise<void> {
    try {
      const write = await Promise.race([this.table.connect(), deadline.passed]);
      while (write && !deadline.signal.aborted && !this.isDone(ownOnly)) {
        await Promise.all(Array.from({ length: CONCURRENCY }, () => this.writeBatches(write, deadline)));
        // Of other flushes; and an answer waits until the provisional trace that it replaces is written.
        if (!this.isDone(ownOnly)) {
          await Promise.race([...[...this.underway].map(({ end }) => end), deadline.passed]);
        }
      }
      if (deadline.signal.aborted) {
        await this.refused({ left: [...(ownOnly ? [] : this.takeUnderway()), ...this.takeWaiting()] });
      }
    } catch (error) {
      this.table.disconnect();
      await this.refused({ left: this.takeWaiting(), reason: nameOf(error) });
    }
  }

  private isDone(ownOnly: boolean): boolean {
    return this.pending === 0 && (ownOnly || this.underway.size === 0);
  }

  private async writeBatches(write: WriteBatch, deadline: Deadline): Promise<void> {
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      if (deadline.signal.aborted) {
        await this.refused({ left: batch });
        continue;
      }
      const underway: Underway = { left: batch, end: Promise.resolve() };
      this.underway.add(underway);
      underway.end = this.send(underway, write, deadline);
      await underway.end;
    }
  }

  private async send(underway: Underway, write: WriteBatch, deadline: Deadline): Promise<void> {
    const outcome = await write(underway.left, deadline, left => {
      underway.left = left;
    });
    if (outcome.opened) this.count('breakerOpened', 1);
    // What is not under way any more has been spilled.
    if (!this.underway.delete(underway) || outcome.left.length === 0) return;
    // A request without an answer may still be carried out.
    this.table.leaveUnsettled(outcome.left);
    await this.refused(outcome);
  }

  /** Takes items for one request, each key once: DynamoDB refuses a request that has a key twice. */
  private nextBatch(): QueuedItem[] {
    const { batchSize } = this.table;
    while (this.ready.length < batchSize && this.queue.length > 0) {
      for (const waiting of this.takeQueue(batchSize - this.ready.length)) {
        const items = this.itemsOf(waiting, { withEntry: true });
        if (!waiting.provisional && items.some(item => this.table.isUnsettled(item))) {
          this.aside(this.refused({ left: items, reason: UNSETTLED }));
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
      warnOnce('traces:item', `An invocation could not be made a trace (${nameOf(error)}).`);
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
   * Removes and returns all items that wait. The day index follows from the traces when they are replayed.
   */
  private takeWaiting(): QueuedItem[] {
    const waiting = [...this.ready, ...this.takeQueue(this.queue.length).flatMap(one => this.itemsOf(one))];
    this.ready = [];
    return waiting;
  }

  /** Removes and returns all items that are under way. Their requests may still succeed. */
  private takeUnderway(): QueuedItem[] {
    const items = [...this.underway].flatMap(({ left }) => left);
    this.underway.clear();
    this.table.leaveUnsettled(items);
    return items;
  }

  /** Removes a provisional trace that is not sent yet. */
  withdraw(invocation: Invocation): void {
    const before = this.queue.length;
    this.queue = this.queue.filter(waiting => waiting.invocation !== invocation);
    this.table.release(before - this.queue.length);
    const [trace] = this.itemsOf({ invocation, provisional: true });
    this.ready = this.ready.filter(({ id }) => id !== trace?.id);
  }

  /**
   * Spills what a loop without a pause records beyond the queue together: each line costs memory until then.
   */
  private overflows(waiting: Waiting): void {
    this.overflow.push(waiting);
    if (this.overflow.length === 1) queueMicrotask(() => this.spillOverflow());
    if (this.overflow.length === OVERFLOW) this.spillOverflow();
  }

  private spillOverflow(): void {
    if (this.overflow.length === 0) return;
    const items = this.overflow.flatMap(waiting => this.itemsOf(waiting));
    this.overflow = [];
    this.aside(this.spillItems(items));
  }

  private async refused({ left, reason = DEADLINE }: Outcome): Promise<void> {
    if (left.length === 0) return;
    warnOnce(
      `traces:${reason}`,
      `Traces could not be written to ${this.options.tableName} (${reason}); they are in the log as ` +
        'TraceSpill lines.',
    );
    this.table.forget(left);
    await this.spillItems(left);
  }

  /** Spills items. It holds none of them while it waits for the log: a loop can spill many in one turn. */
  private spillItems(items: readonly QueuedItem[]): Promise<void> {
    const { traces, entries } = partsOf(items);
    void spill(entries, ENTRY_MARK);
    return this.counting(traces.length, spill(traces));
  }

  private aside(spilling: Promise<void>): void {
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
      warnOnce('traces:count', `A count of traces was refused (${nameOf(error)}).`);
    }
  }
}

/**
 * Separates traces, and the day-index entries that do not follow from one of them: the entry of traces that
 * were written.
 */
function partsOf(items: readonly QueuedItem[]): { readonly traces: Item[]; readonly entries: Item[] } {
  const itemsOf = (wanted: QueuedItem['kind']) =>
    items.filter(({ kind }) => kind === wanted).map(({ item }) => item);
  const traces = itemsOf('trace');
  const implied = new Set(traces.map(partitionOf));
  return { traces, entries: itemsOf('directory').filter(entry => !implied.has(partitionNamed(entry))) };
}
