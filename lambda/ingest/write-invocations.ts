import { setMaxListeners } from 'node:events';
import type { Invocation } from '../invocation/invocation';
import { errorName } from '../process/warn-once';
import type { Item } from '../traces/attributes';
import type { Claim } from '../traces/claim-item';
import { itemId } from '../traces/trace-item';
import { dayIndexItem, identityOf, type ItemOptions, traceItem } from '../traces/trace-item';

/** Access to the trace table. All methods reject if the table refuses the request or does not respond. */
export interface IngestTable {
  /** Writes an item. An existing item with the same key is overwritten. */
  put(item: Item, signal: AbortSignal): Promise<void>;
  /** Writes an item unless the table has an item with the same key. Returns false if the table has one. */
  putOnce(item: Item, signal: AbortSignal): Promise<boolean>;
  /** Writes a claim unless another owner has it. Returns false if another owner has it. */
  claim(claim: Claim, owner: string, signal: AbortSignal): Promise<boolean>;
  /** Reads the notes of the waiting spans of one trace, as JSON. */
  readNotes(traceId: string): Promise<readonly string[]>;
}

/** Invocation, and the index of its record in the batch that is ingested. */
export interface IndexedInvocation {
  readonly index: number;
  readonly invocation: Invocation;
  /** Claims to the call. The invocation is written only if no other owner has one of them. */
  readonly claims: readonly Claim[];
}

/** Record that could not be ingested. */
export interface FailedRecord {
  readonly index: number;
  /** Step that failed: `make` if no trace could be made, `write` if the trace could not be written. */
  readonly step: 'make' | 'write';
  /** Name of the error, e.g. `ValidationException`. */
  readonly reason: string;
  /** True if a retry may succeed. */
  readonly retry: boolean;
}

export interface WriteResult {
  readonly written: number;
  /**
   * Number of invocations that were not written, because they are already in the table or in this batch, or
   * because another source has recorded the same call.
   */
  readonly duplicates: number;
  readonly failed: readonly FailedRecord[];
}

export interface WriteOptions {
  readonly table: IngestTable;
  readonly items: ItemOptions;
  /** Ids of the day-index items that this process has already written. The set is kept between runs. */
  readonly indexedPartitions: Set<string>;
  /** Signal that aborts requests at the deadline. */
  readonly signal: AbortSignal;
  /** Called after a trace is written. Not called for a trace that existed before. */
  readonly onWritten: (invocation: Invocation) => void;
}

/** Name of DynamoDB's error for an invalid item. A retry would fail, too. */
const INVALID_ITEM = 'ValidationException';
/** `reason` of a `FailedRecord` if the time limit was reached before its trace was written. */
const DEADLINE = 'Deadline';
/**
 * Number of writes at the same time. 16 writers reach some 2,000 writes per second, which a new on-demand
 * table accepts (DynamoDB Developer Guide, "On-demand capacity mode").
 */
export const CONCURRENCY = 16;
/** Number of consecutive failures after which no further records are tried. */
const MAX_FAILURES = 2 * CONCURRENCY;
/**
 * Maximum size of `indexedPartitions`. A full set is cleared. Its day-index items may be written again, which
 * changes nothing.
 */
const MAX_INDEXED = 4096;

/**
 * Returns the result for a record from which no trace can be made. `retry` is false, because a retry would
 * fail, too.
 */
export function makeFailure(index: number, error: unknown): FailedRecord {
  return { index, step: 'make', reason: errorName(error), retry: false };
}

/**
 * Writes one trace for each invocation, unless the table already has the trace. Before the first trace of a
 * partition, writes the day-index item of the partition. Never rejects.
 */
export async function writeInvocations(
  invocations: readonly IndexedInvocation[],
  { table, items, indexedPartitions, signal, onWritten }: WriteOptions,
): Promise<WriteResult> {
  const failed: FailedRecord[] = [];
  const seen = new Set<string>();
  const entries = new Map<string, Promise<void>>();
  let [written, duplicates, consecutiveFailures] = [0, 0, 0];
  // Prevents Node.js's warning about more than ten listeners. Each request adds a listener to the signal.
  setMaxListeners(0, signal);

  const indexPartition = (invocation: Invocation) => {
    const entry = dayIndexItem(identityOf(invocation), items);
    const id = itemId(entry);
    if (indexedPartitions.has(id)) return undefined;
    const writing =
      entries.get(id) ??
      table
        .put(entry, signal)
        .then(() => {
          if (indexedPartitions.size >= MAX_INDEXED) indexedPartitions.clear();
          indexedPartitions.add(id);
        })
        .finally(() => entries.delete(id));
    entries.set(id, writing);
    return writing;
  };
  const claimCall = async (claims: readonly Claim[], owner: string) => {
    // Writes all claims, even if another owner has one of them, because each claim stops another component
    // from counting the call.
    const owned = await Promise.all(claims.map(claim => table.claim(claim, owner, signal)));
    return owned.every(isOwned => isOwned);
  };
  const write = async ({ index, invocation, claims }: IndexedInvocation) => {
    if (signal.aborted || consecutiveFailures >= MAX_FAILURES) {
      failed.push({
        index,
        step: 'write',
        reason: signal.aborted ? DEADLINE : 'TableUnreachable',
        retry: true,
      });
      return;
    }
    let item: Item;
    try {
      item = traceItem(invocation, items);
    } catch (error) {
      failed.push(makeFailure(index, error));
      return;
    }
    try {
      const id = itemId(item);
      const isFirst = !seen.has(id);
      seen.add(id);
      const isOurs = isFirst && (await claimCall(claims, id));
      if (isOurs) await indexPartition(invocation);
      if (isOurs && (await table.putOnce(item, signal))) {
        written += 1;
        onWritten(invocation);
      } else {
        duplicates += 1;
      }
      consecutiveFailures = 0;
    } catch (error) {
      const reason = signal.aborted ? DEADLINE : errorName(error);
      const retry = reason !== INVALID_ITEM;
      if (retry) consecutiveFailures += 1;
      failed.push({ index, step: 'write', reason, retry });
    }
  };

  // The writers below share this iterator, so that each invocation is written once.
  const waiting = invocations.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const next of waiting) await write(next);
    }),
  );
  return { written, duplicates, failed };
}
