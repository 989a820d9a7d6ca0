import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { bulkhead } from 'cockatiel';
import { type StoredItem, type Trace, traceFromItem } from './trace';
import { dayIndexPartition, partitionOfEntry } from './trace-keys';
import { TRACE_TABLE } from '../../src/contract';

const DEFAULT_CONCURRENCY = 8;
const HOURS = 24;
/** Length of the day and hour at the beginning of a sort key. */
const HOUR_LENGTH = '2026-11-22T05'.length;

/** Options for reading traces. */
export interface ReadOptions {
  /** Attributes to read. Default: all */
  readonly attributes?: readonly string[];
  /** Maximum number of pages that are read at the same time. Default: 8 */
  readonly concurrency?: number;
  /**
   * True if the hours of a partition are read in parallel, after its first page. This is faster, but the
   * pages come in any order. Default: false
   */
  readonly byHours?: boolean;
  /** First and last sort key to read, both inclusive. Default: the whole partition */
  readonly between?: SortKeys;
  /** Maximum number of traces in a page. Default: as many as fit in 1 MB, about 1,700 */
  readonly limit?: number;
  /** Signal that aborts reading. */
  readonly signal?: AbortSignal;
  /** Called after each page with the number of read capacity units that it used. */
  readonly onReadUnits?: (units: number) => void;
  /** Called before each request. */
  readonly onRequest?: () => void;
}

/** First and last sort key of a range, both inclusive. */
export type SortKeys = readonly [from: string, to: string];

/** Entry of the day index. It shows that a partition has traces of the day. */
export interface DayIndexEntry {
  readonly partition: string;
  /**
   * Time from which DynamoDB may delete the last trace of the partition. Undefined if traces never expire.
   */
  readonly expires?: Date;
}

type OnPage = (traces: readonly Trace[]) => void | Promise<void>;

/**
 * Range of sort keys in one partition. If `after` is set, reading starts after the trace with this key.
 * Otherwise, reading starts at the beginning of the range.
 */
export interface TraceRange {
  readonly partition: string;
  readonly between?: SortKeys;
  readonly after?: Record<string, AttributeValue>;
}

/** Page of traces, sorted by time. */
export interface TracePage {
  readonly traces: readonly Trace[];
  /**
   * Key of the last trace on this page, to pass as `after` for the next page. Undefined if there is no next
   * page.
   */
  readonly last?: Record<string, AttributeValue>;
}

interface Page {
  readonly items: readonly StoredItem[];
  readonly last?: Record<string, AttributeValue>;
}

/** Reads traces by key. It never scans the table. */
export class TraceReader {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /** Returns the partitions that the day index lists for a UTC day, such as `2026-11-22`. */
  async partitions(day: string): Promise<string[]> {
    return (await this.dayIndex(day)).map(({ partition }) => partition);
  }

  /** Returns the day-index entries of a UTC day. */
  async dayIndex(
    day: string,
    options: Pick<ReadOptions, 'signal' | 'onReadUnits' | 'onRequest'> = {},
  ): Promise<DayIndexEntry[]> {
    const entries: DayIndexEntry[] = [];
    await this.pages(
      { partition: dayIndexPartition(day) },
      page => this.query(page, options),
      ({ items }) => {
        for (const { pk, sk, [TRACE_TABLE.ttl]: ttl } of items) {
          entries.push({
            partition: partitionOfEntry({ pk: pk?.S ?? '', sk: sk?.S ?? '' }),
            ...(ttl?.N === undefined ? {} : { expires: new Date(Number(ttl.N) * 1000) }),
          });
        }
      },
    );
    return entries;
  }

  /**
   * Reads the traces of a UTC day, and calls `onPage` with each page. Pages of one partition come in the
   * order of time, unless `byHours` is true. Pages of different partitions come in any order.
   */
  async day(day: string, onPage: OnPage, options: ReadOptions = {}): Promise<void> {
    await this.read(await this.partitions(day), onPage, options);
  }

  /**
   * Reads the traces in the given partitions, and calls `onPage` with each page. Pages of one partition come
   * in the order of time, unless `byHours` is true.
   */
  async read(partitions: readonly string[], onPage: OnPage, options: ReadOptions = {}): Promise<void> {
    const slots = bulkhead(options.concurrency ?? DEFAULT_CONCURRENCY, Number.MAX_SAFE_INTEGER);
    let failure: { readonly error: unknown } | undefined;
    // At most `concurrency` pages are in memory, because each slot is in use until `onPage` has ended.
    const fetch = (range: TraceRange) =>
      slots.execute(async () => {
        // If an earlier page has failed, no further request is sent.
        if (failure) throw failure.error;
        try {
          const page = await this.query(range, options);
          if (page.items.length > 0) await onPage(page.items.map(traceFromItem));
          return page;
        } catch (error) {
          failure ??= { error };
          throw error;
        }
      });
    await Promise.all(
      partitions.map(async partition => {
        const whole = { partition, between: options.between };
        const { last } = options.byHours ? await fetch(whole) : { last: undefined };
        const ranges = options.byHours ? (last ? hoursAfter(whole, last) : []) : [whole];
        await Promise.all(ranges.map(range => this.pages(range, fetch, () => undefined)));
      }),
    );
  }

  /** Reads one page of a range. */
  async page(range: TraceRange, options: Omit<ReadOptions, 'between'> = {}): Promise<TracePage> {
    const { items, last } = await this.query(range, options);
    return { traces: items.map(traceFromItem), last };
  }

  /** Reads all pages of a range, one after the other, with `fetch`. */
  private async pages(
    range: TraceRange,
    fetch: (range: TraceRange) => Promise<Page>,
    onPage: (page: Page) => void,
  ): Promise<void> {
    let after = range.after;
    do {
      const page = await fetch({ ...range, after });
      onPage(page);
      after = page.last;
    } while (after);
  }

  private async query(
    { partition, between, after }: TraceRange,
    { attributes = [], limit, signal, onReadUnits, onRequest }: ReadOptions,
  ): Promise<Page> {
    onRequest?.();
    const { Items, LastEvaluatedKey, ConsumedCapacity } = await this.client.send(
      new QueryCommand({
        TableName: this.tableName,
        KeyConditionExpression: between ? '#pk = :pk AND #sk BETWEEN :from AND :to' : '#pk = :pk',
        ExpressionAttributeNames: {
          '#pk': TRACE_TABLE.partitionKey,
          ...(between ? { '#sk': TRACE_TABLE.sortKey } : {}),
          ...Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
        },
        ExpressionAttributeValues: {
          ':pk': { S: partition },
          ...(between ? { ':from': { S: between[0] }, ':to': { S: between[1] } } : {}),
        },
        ...(attributes.length === 0
          ? {}
          : { ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(', ') }),
        ExclusiveStartKey: after,
        Limit: limit,
        ReturnConsumedCapacity: onReadUnits ? 'TOTAL' : undefined,
      }),
      { abortSignal: signal },
    );
    onReadUnits?.(ConsumedCapacity?.CapacityUnits ?? 0);
    return { items: (Items as StoredItem[]) ?? [], last: LastEvaluatedKey };
  }
}

/**
 * Splits a range into one range for each hour, to read them in parallel. The first range begins after the
 * trace with the key `last`.
 */
export function hoursAfter(
  { partition, between }: TraceRange,
  last: Record<string, AttributeValue>,
): TraceRange[] {
  const key = last[TRACE_TABLE.sortKey]?.S ?? '';
  const date = key.slice(0, HOUR_LENGTH - 2);
  const present = Number(key.slice(HOUR_LENGTH - 2, HOUR_LENGTH));
  const hour = (number: number) => `${date}${String(number).padStart(2, '0')}`;
  const end = between?.[1] ?? hour(HOURS);
  return Array.from({ length: HOURS - present }, (_, index) => {
    // Each range ends where the next one begins, at an hour such as `2026-11-22T05`. No trace is in two
    // ranges, because no sort key equals an hour: a sort key continues with minutes and seconds.
    const [from, to] = [index === 0 ? key : hour(present + index), hour(present + index + 1)];
    return {
      partition,
      between: [from, to < end ? to : end] as const,
      after: index === 0 ? last : undefined,
    };
  }).filter(({ between: [from, to] }) => from <= to);
}
