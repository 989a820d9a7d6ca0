import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { bulkhead } from 'cockatiel';
import { type StoredItem, type Trace, traceFromItem } from './trace';
import { dayIndexPartition, partitionOfEntry } from './trace-keys';
import { TRACE_TABLE } from '../../src/contract';

/** Pages that are read at once: one is worked on while others are on their way. */
const DEFAULT_CONCURRENCY = 8;
const HOURS = 24;
/** The length of an ISO time stamp to its hour, with which each trace's sort key begins. */
const HOUR_LENGTH = '2026-11-22T05'.length;

/** What is read of each trace, and how. */
export interface ReadOptions {
  /** The attributes that are read. Default: all. */
  readonly attributes?: readonly string[];
  /** How many pages are read at once. Default: 8. */
  readonly concurrency?: number;
  /**
   * Whether what is left of a partition after its first page is read by hours at once:
   * pages of one range are a chain. The order of its pages is then none. Default: false.
   */
  readonly byHours?: boolean;
  /** The sort keys that are read, both included. Default: all of a partition. */
  readonly between?: SortKeys;
  /** The most traces of a page. Default: what 1 MB has, about 1,700. */
  readonly limit?: number;
  /** Aborts reading. */
  readonly signal?: AbortSignal;
  /** Told the read units that each page took. */
  readonly onReadUnits?: (units: number) => void;
  /** Told of each request. */
  readonly onRequest?: () => void;
}

/** From one sort key to another, both included. */
export type SortKeys = readonly [from: string, to: string];

/** What a day's directory says of a partition of traces. */
export interface DayIndexEntry {
  readonly partition: string;
  /** When the last of its traces may be deleted; undefined where they are kept for ever. */
  readonly expires?: Date;
}

type OnPage = (traces: readonly Trace[]) => void | Promise<void>;

/** Some of a partition: from one sort key to another, after the key that the page before ended with. */
export interface TraceRange {
  readonly partition: string;
  readonly between?: SortKeys;
  readonly after?: Record<string, AttributeValue>;
}

/** Traces in the order of time. */
export interface TracePage {
  readonly traces: readonly Trace[];
  /** The key that the page ended with; undefined where nothing of the range is left. */
  readonly last?: Record<string, AttributeValue>;
}

interface Page {
  readonly items: readonly StoredItem[];
  readonly last?: Record<string, AttributeValue>;
}

/** Reads traces by key: it never scans. */
export class TraceReader {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /** The partitions that have traces of a UTC day (`2026-11-22`), as its directory names them. */
  async partitions(day: string): Promise<string[]> {
    return (await this.dayIndex(day)).map(({ partition }) => partition);
  }

  /** The directory of a UTC day. */
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
   * Hands the traces of a UTC day over, page by page: those of
   * a partition in the order of time, the partitions in none.
   */
  async day(day: string, onPage: OnPage, options: ReadOptions = {}): Promise<void> {
    await this.read(await this.partitions(day), onPage, options);
  }

  /** The same for partitions. */
  async read(partitions: readonly string[], onPage: OnPage, options: ReadOptions = {}): Promise<void> {
    const slots = bulkhead(options.concurrency ?? DEFAULT_CONCURRENCY, Number.MAX_SAFE_INTEGER);
    // A page is worked on in the slot that it came by, so that
    // no more of them are in memory than there are slots.
    let failure: { readonly error: unknown } | undefined;
    const fetch = (range: TraceRange) =>
      slots.execute(async () => {
        // What is left of the other ranges would be read for nobody.
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

  /** One page. */
  async page(range: TraceRange, options: Omit<ReadOptions, 'between'> = {}): Promise<TracePage> {
    const { items, last } = await this.query(range, options);
    return { traces: items.map(traceFromItem), last };
  }

  /** The chain of pages of a range. */
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
 * The hours of a range that are left after a page: the rest
 * of the one that the page ended in, and those after it.
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
    // A time stamp is longer than its hour, so none is the end of one range and the begin of the next.
    const [from, to] = [index === 0 ? key : hour(present + index), hour(present + index + 1)];
    return {
      partition,
      between: [from, to < end ? to : end] as const,
      after: index === 0 ? last : undefined,
    };
  }).filter(({ between: [from, to] }) => from <= to);
}
