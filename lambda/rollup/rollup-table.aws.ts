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

/** A rolled-up day: what its marker says, and its items, by agent and model. */
export interface DailyRollup extends RollupMarker {
  readonly entries: readonly RollupItem[];
}

/** An item that stands already. */
export interface StandingItem {
  readonly key: TraceKey;
  readonly agentId: string;
  readonly traces: number;
}

/** How rolled-up items are written and looked through. */
export interface RollupTableOptions {
  /** Aborts it. */
  readonly signal?: AbortSignal;
  readonly onReadUnits?: (units: number) => void;
  readonly onWriteUnits?: (units: number) => void;
}

/**
 * Reads the rolled-up days of a range, both ends included, in order: by key, month by month, never by
 * a scan. A day that is not rolled up is left out; so are items of a first rollup that is not finished.
 *
 * @param from the first UTC day, such as `2026-11-01`
 * @param to the last UTC day
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
      const found = parseStoredMarker(item);
      if (found) {
        // A day's marker sorts before its items.
        if (marker) yield { ...marker, entries };
        [marker, entries] = [found, []];
      } else if (item.day?.S === marker?.day) {
        entries.push(parseStoredRollup(item));
      }
    }
    if (marker) yield { ...marker, entries };
  }
}

/**
 * Writes rolled-up days. What cannot be written at once is
 * tried again until the signal says that the time is over.
 */
export class RollupTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {}

  /** The items of a day that stand, without what is in them; the marker is none of them. */
  async standing(day: string, options: RollupTableOptions = {}): Promise<StandingItem[]> {
    const standing: StandingItem[] = [];
    for (const range of rollupRanges(day, day)) {
      for await (const item of query(
        this.client,
        this.tableName,
        range,
        ['pk', 'sk', 'agentId', 'traces', 'rolledUpAt'],
        options,
      )) {
        if (item.rolledUpAt) continue;
        standing.push({
          key: { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' },
          agentId: item.agentId?.S ?? '',
          traces: Number(item.traces?.N ?? 0),
        });
      }
    }
    return standing;
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
      return UnprocessedItems?.[this.tableName] ?? [];
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
