import type { Item } from './attributes';
import { TRACE_TABLE } from '../../src/contract';

/** BatchWriteItem takes so many items (API reference). */
export const MAX_BATCH = 25;

/**
 * An item that is to be written. A directory entry names a
 * partition of traces, without which they are not found.
 */
export interface QueuedItem {
  readonly kind: 'trace' | 'directory';
  readonly id: string;
  readonly item: Item;
}

/** One string for an item's key, which no other key has. */
export function itemId(item: Readonly<Record<string, { readonly S?: string } | object>> | undefined): string {
  const [partition, sort] = [TRACE_TABLE.partitionKey, TRACE_TABLE.sortKey].map(
    name => (item?.[name] as { readonly S?: string } | undefined)?.S ?? '',
  );
  return `${partition.length} ${partition}${sort}`;
}

/** Makes what is queued of an item. */
export function queued(kind: QueuedItem['kind'], item: Item): QueuedItem {
  return { kind, id: itemId(item), item };
}
