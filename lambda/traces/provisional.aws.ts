import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PROVISIONAL } from './spilled-items';
import { tableRegion } from './table-region';
import type { TableLocation } from './trace';
import type { QueuedItem } from './trace-item';
import { TRACE_TABLE } from '../../src/contract';
import { type BreakerSettings, type WriteBatch, batchWriter } from '../process/retry';

/** Name of the DynamoDB error if the table already has the answered trace of the call. */
const HAS_ANSWER = 'ConditionalCheckFailedException';

/**
 * Returns a function that writes the provisional trace of an unfinished call. Writes nothing if the table
 * already has the answered trace of the call.
 */
export function connectProvisional(
  location: TableLocation,
  breaker: BreakerSettings,
): WriteBatch<QueuedItem> {
  const { tableName, endpoint } = location;
  const region = tableRegion(location);
  // `maxAttempts: 1` turns off the SDK's retries, because `batchWriter` repeats failed requests.
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: 1 });
  return batchWriter<QueuedItem>(async ([{ item }], abortSignal) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: item as Record<string, { S: string }>,
          ConditionExpression: 'attribute_not_exists(#key) OR attribute_exists(#provisional)',
          ExpressionAttributeNames: { '#key': TRACE_TABLE.partitionKey, '#provisional': PROVISIONAL },
        }),
        { abortSignal },
      );
    } catch (error) {
      if (!(error instanceof Error && error.name === HAS_ANSWER)) throw error;
    }
    return [];
  }, breaker);
}
