import { setMaxListeners } from 'node:events';
import type { Invocation } from '../invocation/invocation';
import { errorName } from '../process/warn-once';
import type { Item } from '../traces/attributes';
import { type ItemOptions, dayIndexItem, identityOf, itemId, traceItem } from '../traces/trace-item';

/** A trace table, one item at a time. Both reject where the table did not answer, or refused. */
export interface IngestTable {
  /** Writes an item that is the same each time. */
  put(item: Item, signal: AbortSignal): Promise<void>;
  /** Writes an item unless it is there. @returns false where it was there before this run */
  putOnce(item: Item, signal: AbortSignal): Promise<boolean>;
}

/** A call to take in, and its place in the batch. */
export interface Taken {
  readonly index: number;
  readonly invocation: Invocation;
}

/** A call that was not taken in. */
export interface Left {
  readonly index: number;
  /** The step that failed: making the trace, or writing it. */
  readonly step: 'make' | 'write';
  /** The name of the error. */
  readonly reason: string;
  /** True if writing it again may help. */
  readonly retry: boolean;
}

/** What came of some calls. */
export interface TakenIn {
  readonly written: number;
  readonly duplicates: number;
  readonly left: readonly Left[];
}

export interface TakeInOptions {
  readonly table: IngestTable;
  readonly items: ItemOptions;
  /** Partitions whose directory entry is written; it outlives a run. */
  readonly announced: Set<string>;
  /** Aborted when the time is over. */
  readonly signal: AbortSignal;
  /** Told of each call whose trace was not there before. */
  readonly onWritten: (invocation: Invocation) => void;
}

/** The fault of one item, and not of the table. */
const OF_THE_ITEM = 'ValidationException';
const DEADLINE = 'Deadline';
/**
 * Writes under way at once: some 2,000 a second, which an on-demand table
 * takes from the start (DynamoDB Developer Guide, "On-demand capacity mode").
 */
const CONCURRENCY = 16;
/**
 * After so many failures in a row the table is taken for one that is not there, and the rest is not tried.
 */
const MAX_FAILURES = 2 * CONCURRENCY;
/** Partitions remembered; forgetting one only writes its entry again. */
const MAX_ANNOUNCED = 4096;

/** Describes a call whose trace cannot be made. A retry would fail, too. */
export function notMade(index: number, error: unknown): Left {
  return { index, step: 'make', reason: errorName(error), retry: false };
}

/**
 * Writes each call's trace once: on condition that it is not there, so that a call that is delivered again
 * is none. The directory's entry is written before the first trace of its partition. It never rejects.
 */
export async function takeIn(
  calls: readonly Taken[],
  { table, items, announced, signal, onWritten }: TakeInOptions,
): Promise<TakenIn> {
  const left: Left[] = [];
  const seen = new Set<string>();
  const entries = new Map<string, Promise<void>>();
  let [written, duplicates, failures] = [0, 0, 0];
  // Each request listens to it, and more than ten at once are taken for a leak.
  setMaxListeners(0, signal);

  const announce = (invocation: Invocation) => {
    const entry = dayIndexItem(identityOf(invocation), items);
    const id = itemId(entry);
    if (announced.has(id)) return undefined;
    const announcing =
      entries.get(id) ??
      table
        .put(entry, signal)
        .then(() => {
          if (announced.size >= MAX_ANNOUNCED) announced.clear();
          announced.add(id);
        })
        .finally(() => entries.delete(id));
    entries.set(id, announcing);
    return announcing;
  };
  const write = async ({ index, invocation }: Taken) => {
    if (signal.aborted || failures >= MAX_FAILURES) {
      left.push({
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
      left.push(notMade(index, error));
      return;
    }
    try {
      const id = itemId(item);
      const isFirst = !seen.has(id);
      seen.add(id);
      if (isFirst) await announce(invocation);
      if (isFirst && (await table.putOnce(item, signal))) {
        written += 1;
        onWritten(invocation);
      } else {
        duplicates += 1;
      }
      failures = 0;
    } catch (error) {
      const reason = signal.aborted ? DEADLINE : errorName(error);
      const retry = reason !== OF_THE_ITEM;
      if (retry) failures += 1;
      left.push({ index, step: 'write', reason, retry });
    }
  };

  // One iterator serves all of them.
  const waiting = calls.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const call of waiting) await write(call);
    }),
  );
  return { written, duplicates, left };
}
