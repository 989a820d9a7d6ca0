import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableLocation } from './trace';
import { type QueuedItem, itemId } from './trace-item';
import { REGION_MISSING } from '../process/aws-errors';
import { type BreakerSettings, type WriteBatch, batchWriter } from '../process/retry';

/** Error for a missing region. It has a name, because the SDK's own error has none. */
class RegionMissing extends Error {
  override readonly name = REGION_MISSING;
}

const silent = () => undefined;
/**
 * Logger without `info`. For a logger with it, the SDK client would copy and redact each input and output.
 */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };

/** Connects to a table, and returns the function that writes batches to it. */
export function connectTable(
  { tableName, region, endpoint }: TableLocation,
  breaker: BreakerSettings,
): WriteBatch<QueuedItem> {
  // The batch writer retries, because it also sees unprocessed items.
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
