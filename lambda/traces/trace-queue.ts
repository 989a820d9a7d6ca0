import type { Item } from './trace-item';
import type { TraceKey } from './trace-keys';

/** An item that waits to be written. A directory entry names a partition; losing one delays reading, not counting. */
export interface QueuedItem {
  readonly kind: 'trace' | 'directory';
  readonly id: string;
  readonly item: Item;
}

/** One string for a key; no part of a key holds a line break that could make two keys one. */
export function idOf({ pk, sk }: TraceKey): string {
  return JSON.stringify([pk, sk]);
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

  /** @returns false where the queue is full */
  add(queued: QueuedItem): boolean {
    if (this.items.has(queued.id)) return true;
    if (queued.kind === 'trace') {
      if (this.traces >= this.capacity) return false;
      this.traces += 1;
    }
    this.items.set(queued.id, queued);
    return true;
  }

  /** Takes the first items out. */
  take(count: number): QueuedItem[] {
    const taken: QueuedItem[] = [];
    for (const [id, queued] of this.items) {
      if (taken.length === count) break;
      this.items.delete(id);
      if (queued.kind === 'trace') this.traces -= 1;
      taken.push(queued);
    }
    return taken;
  }
}
