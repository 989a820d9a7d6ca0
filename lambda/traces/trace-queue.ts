import type { Item } from './attributes';
import { TRACE_TABLE } from '../../src/contract';

/** An item that waits to be written. A directory entry names a partition; losing one delays reading, not counting. */
export interface QueuedItem {
  readonly kind: 'trace' | 'directory';
  readonly id: string;
  readonly item: Item;
}

/** One string for an item's key. */
export function idOf(item: Readonly<Record<string, object>> | undefined): string {
  return JSON.stringify([item?.[TRACE_TABLE.partitionKey], item?.[TRACE_TABLE.sortKey]]);
}

/** Makes what is queued of an item. */
export function queued(kind: QueuedItem['kind'], item: Item): QueuedItem {
  return { kind, id: idOf(item), item };
}

/** What waits to be written, in order, each key once: a batch with one key twice is refused as a whole. */
export class TraceQueue {
  private readonly items = new Map<string, QueuedItem>();
  private traces = 0;

  /** @param capacity how many traces may wait; directory entries, of which each trace brings one at most, are not counted */
  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.items.size;
  }

  /** Whether one more trace finds no room. */
  get isFull(): boolean {
    return this.traces >= this.capacity;
  }

  has({ id }: QueuedItem): boolean {
    return this.items.has(id);
  }

  /** Puts an item at the end, unless its key waits already. */
  add(item: QueuedItem): void {
    if (this.has(item)) return;
    if (item.kind === 'trace') this.traces += 1;
    this.items.set(item.id, item);
  }

  /** Takes the first items out. */
  take(count: number): QueuedItem[] {
    const taken: QueuedItem[] = [];
    for (const item of this.items.values()) {
      if (taken.length >= count) break;
      this.items.delete(item.id);
      if (item.kind === 'trace') this.traces -= 1;
      taken.push(item);
    }
    return taken;
  }
}
