import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { TRACE_TABLE } from '../../src/contract';
import { type StoredItem, type Trace, traceFromItem } from '../traces/trace';
import { directoryPartition, partitionOfEntry } from '../traces/trace-keys';

/** Partitions that are read at once: each is a chain of pages, of which one waits while another is on its way. */
const DEFAULT_CONCURRENCY = 8;

/** What is read of each trace, and how. */
export interface ReadOptions {
  /** The attributes that are read. Default: all. */
  readonly attributes?: readonly string[];
  /** How many partitions are read at once. Default: 8. */
  readonly concurrency?: number;
}

/** Reads traces by key: it never scans. */
export class TraceReader {
  constructor(private readonly client: DynamoDBClient, private readonly tableName: string) {}

  /** The partitions that have traces of a UTC day (`2026-11-22`), as its directory names them. */
  async partitions(day: string): Promise<string[]> {
    const partitions: string[] = [];
    for await (const items of this.query(directoryPartition(day), undefined)) {
      partitions.push(...items.map(({ pk, sk }) => partitionOfEntry({ pk: pk?.S ?? '', sk: sk?.S ?? '' })));
    }
    return partitions;
  }

  /** Hands the traces of a UTC day over, page by page: those of a partition in the order of time, the partitions in none. */
  async day(day: string, onPage: (traces: readonly Trace[]) => void | Promise<void>, { attributes, concurrency = DEFAULT_CONCURRENCY }: ReadOptions = {}): Promise<void> {
    const partitions = (await this.partitions(day)).values();
    await Promise.all(Array.from({ length: concurrency }, async () => {
      for (const partition of partitions) for await (const items of this.query(partition, attributes)) await onPage(items.map(traceFromItem));
    }));
  }

  private async* query(partition: string, attributes: readonly string[] | undefined): AsyncGenerator<StoredItem[]> {
    const names = attributes?.map((name, index) => [`#a${index}`, name] as const) ?? [];
    const pages = paginateQuery({ client: this.client }, {
      TableName: this.tableName,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': TRACE_TABLE.partitionKey, ...Object.fromEntries(names) },
      ExpressionAttributeValues: { ':pk': { S: partition } },
      ...names.length === 0 ? {} : { ProjectionExpression: names.map(([placeholder]) => placeholder).join(', ') },
    });
    for await (const { Items } of pages) yield Items as StoredItem[] ?? [];
  }
}
