import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableRegion } from './table-region';
import type { TableLocation } from './trace';
import { type QueuedItem, itemId } from './trace-item';
import { REGION_MISSING } from '../process/aws-errors';
import { type BreakerSettings, type WriteBatch, batchWriter } from '../process/retry';

/** Error if no AWS region is configured. The AWS SDK's own error cannot be recognised by its name. */
class RegionMissing extends Error {
  override readonly name = REGION_MISSING;
}

const silent = () => undefined;
/**
 * Logger for the AWS SDK without the method `info`. If a logger has `info`, the SDK copies each request and
 * response for it.
 */
const WITHOUT_INFO = { debug: silent, trace: silent, warn: silent, error: silent };

/** Returns a function that writes batches of items to the trace table. */
export function connectTable(location: TableLocation, breaker: BreakerSettings): WriteBatch<QueuedItem> {
  const { tableName, endpoint } = location;
  const region = tableRegion(location);
  // `maxAttempts: 1` turns off the SDK's retries. `batchWriter` retries failed requests and unprocessed
  // items.
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
    // The request is for one table. If it has the ARN of the table, DynamoDB may answer with the name or with
    // the ARN (API Reference, BatchWriteItem).
    const unprocessed = Object.values(UnprocessedItems ?? {}).flat();
    const left = new Set(unprocessed.map(({ PutRequest }) => itemId(PutRequest?.Item)));
    return batch.filter(({ id }) => left.has(id));
  }, breaker);
}
