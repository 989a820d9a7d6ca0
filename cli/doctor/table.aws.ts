import {
  BatchGetItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import { markerKey } from '../../lambda/rollup/rollup-keys';
import { type StoredItem, type Trace, traceFromItem } from '../../lambda/traces/trace';
import { dayIndexPartition, partitionOfEntry, type TraceKey } from '../../lambda/traces/trace-keys';
import { TRACE_TABLE } from '../../src/contract';

/** Read operation that was tried on the table or its index. `error` is set if the operation failed. */
export interface TriedAction {
  readonly action: string;
  /** Resource of the operation, such as `the index IncidentIndex`. */
  readonly on: string;
  readonly error?: unknown;
}

/** Attributes of a trace that the price checks read. */
const SAMPLED_ATTRIBUTES = ['model', 'modelId', 'timestamp', 'costUsd', 'error', 'cached', 'source'];
/** Maximum number of partitions from which `lastTraces` reads. */
const SAMPLED_PARTITIONS = 20;
/** Maximum number of traces that `lastTraces` reads from each partition. */
const SAMPLED_TRACES = 50;
/** Partition key that no item has. A read with this key only tests the permission. */
const UNUSED_KEY = 'token-analytics-doctor';

/** Reads the state of a table and changes nothing. */
export class TableInspector {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  async describe(): Promise<TableDescription> {
    const { Table = {} } = await this.client.send(new DescribeTableCommand({ TableName: this.tableName }));
    return Table;
  }

  /** Reads the status of TTL, and the name of the TTL attribute. */
  async timeToLive(): Promise<{ readonly status: string; readonly attribute?: string }> {
    const { TimeToLiveDescription: ttl } = await this.client.send(
      new DescribeTimeToLiveCommand({ TableName: this.tableName }),
    );
    return { status: ttl?.TimeToLiveStatus ?? 'DISABLED', attribute: ttl?.AttributeName };
  }

  /** Returns true if point-in-time recovery is on. */
  async hasRecovery(): Promise<boolean> {
    const { ContinuousBackupsDescription: backups } = await this.client.send(
      new DescribeContinuousBackupsCommand({ TableName: this.tableName }),
    );
    return backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED';
  }

  /** Tries each DynamoDB read operation of the reports with a key that does not exist. */
  async tryReading(): Promise<TriedAction[]> {
    const TableName = this.tableName;
    const key = { [TRACE_TABLE.partitionKey]: { S: UNUSED_KEY }, [TRACE_TABLE.sortKey]: { S: UNUSED_KEY } };
    const queryBy = (name: string) => ({
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': name },
      ExpressionAttributeValues: { ':pk': { S: UNUSED_KEY } },
      Limit: 1,
    });
    const { name: IndexName, partitionKey } = TRACE_TABLE.incidentIndex;
    const tries: readonly (readonly [action: string, on: string, run: () => Promise<unknown>])[] = [
      [
        'dynamodb:Query',
        'the table',
        () => this.client.send(new QueryCommand({ TableName, ...queryBy(TRACE_TABLE.partitionKey) })),
      ],
      [
        'dynamodb:Query',
        `the index ${IndexName}`,
        () => this.client.send(new QueryCommand({ TableName, IndexName, ...queryBy(partitionKey) })),
      ],
      ['dynamodb:GetItem', 'the table', () => this.client.send(new GetItemCommand({ TableName, Key: key }))],
      [
        'dynamodb:BatchGetItem',
        'the table',
        () => this.client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key] } } })),
      ],
    ];
    return Promise.all(
      tries.map(async ([action, on, run]) =>
        run().then(
          () => ({ action, on }),
          (error: unknown) => ({ action, on, error }),
        ),
      ),
    );
  }

  /** Returns the UTC days in `days` that have a rollup. */
  async rollupDays(days: readonly string[]): Promise<Set<string>> {
    const markers = new Map(days.map(day => [keyText(markerKey(day)), day]));
    const rolledUp = new Set<string>();
    let left = days
      .map(day => markerKey(day))
      .map(({ pk, sk }) => ({ [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } }));
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await this.client.send(
        new BatchGetItemCommand({
          RequestItems: {
            [this.tableName]: {
              Keys: left,
              ProjectionExpression: '#pk, #sk',
              ExpressionAttributeNames: { '#pk': TRACE_TABLE.partitionKey, '#sk': TRACE_TABLE.sortKey },
            },
          },
        }),
      );
      for (const { pk, sk } of Responses?.[this.tableName] ?? []) {
        const day = markers.get(keyText({ pk: pk?.S ?? '', sk: sk?.S ?? '' }));
        if (day !== undefined) rolledUp.add(day);
      }
      left = (UnprocessedKeys?.[this.tableName]?.Keys ?? []) as typeof left;
    }
    return rolledUp;
  }

  /** Returns true if the day index lists partitions for a UTC day. */
  async hasTraces(day: string): Promise<boolean> {
    return (await this.items(dayIndexPartition(day), { limit: 1 })).length > 0;
  }

  /** Reads some of the latest traces of a UTC day. Not all partitions of the day are read. */
  async lastTraces(day: string): Promise<Trace[]> {
    const entries = await this.items(dayIndexPartition(day), { limit: SAMPLED_PARTITIONS });
    const pages = await Promise.all(
      entries.map(async ({ pk, sk }) =>
        this.items(partitionOfEntry({ pk: pk?.S ?? '', sk: sk?.S ?? '' }), {
          limit: SAMPLED_TRACES,
          attributes: SAMPLED_ATTRIBUTES,
          backwards: true,
        }),
      ),
    );
    return pages.flat().map(traceFromItem);
  }

  private async items(
    partition: string,
    {
      limit,
      attributes = [],
      backwards = false,
    }: { readonly limit: number; readonly attributes?: readonly string[]; readonly backwards?: boolean },
  ): Promise<StoredItem[]> {
    const { Items = [] } = await this.client.send(
      new QueryCommand({
        TableName: this.tableName,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: {
          '#pk': TRACE_TABLE.partitionKey,
          ...Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
        },
        ExpressionAttributeValues: { ':pk': { S: partition } },
        ...(attributes.length === 0
          ? {}
          : { ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(', ') }),
        ScanIndexForward: !backwards,
        Limit: limit,
      }),
    );
    return Items as StoredItem[];
  }
}

function keyText({ pk, sk }: TraceKey): string {
  return JSON.stringify([pk, sk]);
}
