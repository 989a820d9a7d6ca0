import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateQuery,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import {
  toStoredMarker,
  toStoredRollup,
  parseStoredMarker,
  type RollupAttributes,
  parseStoredRollup,
  type RollupItem,
  type RollupMarker,
  type StoredAttributes,
} from './rollup-item';
import { type RollupRange, rollupRanges } from './rollup-keys';
import { TRACE_TABLE } from '../../src/contract';
import { sendUntilProcessed } from '../process/retry';
import { MAX_BATCH } from '../traces/trace-item';
import type { TraceKey } from '../traces/trace-keys';

/** Finished rollup of a day: its marker and its items. */
export interface DailyRollup extends RollupMarker {
  /** Items of the rollup, one for each agent and model. */
  readonly entries: readonly RollupItem[];
}

/** Rollup item of an earlier run, reduced to its key, agent and number of traces. */
export interface ExistingItem {
  readonly key: TraceKey;
  readonly agentId: string;
  readonly traces: number;
}

/** Options for the requests of {@link readRollups} and {@link RollupTable}. */
export interface RollupTableOptions {
  readonly signal?: AbortSignal;
  /** Called after each read request with the number of read capacity units that it used. */
  readonly onReadUnits?: (units: number) => void;
  /** Called after each write request with the number of write capacity units that it used. */
  readonly onWriteUnits?: (units: number) => void;
}

/**
 * Yields the rollups of the days from `from` to `to`, in the order of days. Omits days without a finished
 * rollup. Reads one month after the other.
 *
 * @param from first UTC day, inclusive, such as `2026-11-01`
 * @param to last UTC day, inclusive
 */
export async function* readRollups(
  client: DynamoDBClient,
  tableName: string,
  from: string,
  to: string,
  options: RollupTableOptions = {},
): AsyncGenerator<DailyRollup> {
  for (const range of rollupRanges(from, to)) {
    let marker: RollupMarker | undefined;
    let entries: RollupItem[] = [];
    for await (const item of query(client, tableName, range, [], options)) {
      const next = parseStoredMarker(item);
      if (next) {
        // If there is a marker of an earlier day, all items of that day have been read. Each day begins with
        // its marker.
        if (marker) yield { ...marker, entries };
        [marker, entries] = [next, []];
      } else if (item.day?.S === marker?.day) {
        entries.push(parseStoredRollup(item));
      }
    }
    if (marker) yield { ...marker, entries };
  }
}

/** Reads and writes the rollups of single days. Sends unprocessed items again until the signal aborts. */
export class RollupTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /** Returns the items of a day's earlier rollup, without the marker. */
  async existingItems(day: string, options: RollupTableOptions = {}): Promise<ExistingItem[]> {
    const existing: ExistingItem[] = [];
    for (const range of rollupRanges(day, day)) {
      for await (const item of query(
        this.client,
        this.tableName,
        range,
        ['pk', 'sk', 'agentId', 'traces', 'rolledUpAt'],
        options,
      )) {
        if (item.rolledUpAt) continue;
        existing.push({
          key: { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' },
          agentId: item.agentId?.S ?? '',
          traces: Number(item.traces?.N ?? 0),
        });
      }
    }
    return existing;
  }

  async put(items: readonly RollupItem[], options?: RollupTableOptions): Promise<void> {
    await this.write(
      items.map(item => putRequest(toStoredRollup(item))),
      options,
    );
  }

  async remove(keys: readonly TraceKey[], options?: RollupTableOptions): Promise<void> {
    await this.write(
      keys.map(({ pk, sk }) => ({
        DeleteRequest: { Key: { [TRACE_TABLE.partitionKey]: { S: pk }, [TRACE_TABLE.sortKey]: { S: sk } } },
      })),
      options,
    );
  }

  async mark(marker: RollupMarker, options?: RollupTableOptions): Promise<void> {
    await this.write([putRequest(toStoredMarker(marker))], options);
  }

  private async write(requests: readonly WriteRequest[], options: RollupTableOptions = {}): Promise<void> {
    for (let index = 0; index < requests.length; index += MAX_BATCH) {
      await this.writeBatch(requests.slice(index, index + MAX_BATCH), options);
    }
  }

  private async writeBatch(
    requests: readonly WriteRequest[],
    { signal, onWriteUnits }: RollupTableOptions,
  ): Promise<void> {
    const send = async (left: readonly WriteRequest[]) => {
      const { UnprocessedItems, ConsumedCapacity } = await this.client.send(
        new BatchWriteItemCommand({
          RequestItems: { [this.tableName]: [...left] },
          ReturnConsumedCapacity: 'TOTAL',
        }),
        { abortSignal: signal },
      );
      onWriteUnits?.((ConsumedCapacity ?? []).reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0));
      // The request is for one table. DynamoDB may answer with the name of the table, or with its ARN.
      return Object.values(UnprocessedItems ?? {}).flat();
    };
    await sendUntilProcessed(requests, send, signal);
  }
}

function putRequest(item: RollupAttributes): WriteRequest {
  return { PutRequest: { Item: item as Record<string, AttributeValue> } };
}

async function* query(
  client: DynamoDBClient,
  tableName: string,
  { pk, from, to }: RollupRange,
  attributes: readonly string[] = [],
  { signal, onReadUnits }: RollupTableOptions = {},
): AsyncGenerator<StoredAttributes> {
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
      ExpressionAttributeNames: {
        '#pk': TRACE_TABLE.partitionKey,
        '#sk': TRACE_TABLE.sortKey,
        ...Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
      },
      ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } },
      ...(attributes.length === 0
        ? {}
        : { ProjectionExpression: attributes.map((_, index) => `#a${index}`).join(', ') }),
      ReturnConsumedCapacity: 'TOTAL',
    },
    { abortSignal: signal },
  );
  for await (const { Items, ConsumedCapacity } of pages) {
    onReadUnits?.(ConsumedCapacity?.CapacityUnits ?? 0);
    yield* (Items ?? []) as StoredAttributes[];
  }
}
