import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableLocation } from './trace';
import { type QueuedItem, itemId } from './trace-item';
import { REGION_MISSING } from '../process/aws-errors';
import { type BreakerSettings, type WriteBatch, batchWriter } from '../process/retry';

/** Error for a missing AWS region. It replaces the SDK's own error, which has no name. */
class RegionMissing extends Error {
  override readonly name = REGION_MISSING;
}

const silent = () => undefined;
/** Logger without `info`. If a logger has `info`, the SDK copies and redacts each input and output for it. */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };

/** Connects to the trace table, and returns a function that writes batches to the table. */
export function connectTable(
  { tableName, region, endpoint }: TableLocation,
  breaker: BreakerSettings,
): WriteBatch<QueuedItem> {
  // `batchWriter` repeats requests instead of the SDK, because the SDK does not see unprocessed items.
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
