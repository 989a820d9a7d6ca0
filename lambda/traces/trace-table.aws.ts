import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableLocation } from './trace';
import { type QueuedItem, itemId } from './trace-item';
import { REGION_MISSING } from '../process/aws-errors';
import { type BreakerSettings, type WriteBatch, batchWriter } from '../process/retry';

/** Names the failure: of a missing region, the SDK throws an error without a name. */
class RegionMissing extends Error {
  override readonly name = REGION_MISSING;
}

const silent = () => undefined;
/**
 * A client with a logger that has `info` copies each input
 * and output, to redact them, before every call of it.
 */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };

/** Makes what writes batches to a table. */
export function connectTable(
  { tableName, region, endpoint }: TableLocation,
  breaker: BreakerSettings,
): WriteBatch<QueuedItem> {
  // Retries are the writer's, which sees unprocessed items too.
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: 1, logger: WITHOUT_INFO as Console });
  return batchWriter<QueuedItem>(async (batch, abortSignal) => {
    await client.config.region().catch(() => {
      throw new RegionMissing();
    });
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [tableName]: batch.map(({ item }) => ({
            PutRequest: { Item: item as Record<string, { S: string }> },
          })),
        },
      }),
      { abortSignal },
    );
    const left = new Set(
      (UnprocessedItems?.[tableName] ?? []).map(({ PutRequest }) => itemId(PutRequest?.Item)),
    );
    return batch.filter(({ id }) => left.has(id));
  }, breaker);
}
