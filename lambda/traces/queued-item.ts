import type { Item } from './attributes';
import { TRACE_TABLE } from '../../src/contract';

/** BatchWriteItem takes so many items (API reference). */
export const MAX_BATCH = 25;

/** An item that is to be written. A directory entry names a partition of traces, without which they are not found. */
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
