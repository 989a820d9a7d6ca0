import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type BreakerSettings, batchWriter, type WriteBatch } from './batch-write';
import { PROVISIONAL } from './spilled-items';
import type { TableLocation } from './table-location';
import { TRACE_TABLE } from '../../src/contract';

/** The table has the answer: what was made before it is not needed. */
const HAS_ANSWER = 'ConditionalCheckFailedException';

/**
 * Makes what writes batches of one provisional trace each: it is put if the table has none of its key, or a
 * provisional one, and never replaces an answer.
 */
export function connectProvisional(
  { tableName, region, endpoint }: TableLocation,
  breaker: BreakerSettings,
): WriteBatch {
  // Retries are the batch writer's.
  const client = new DynamoDBClient({ region, endpoint, maxAttempts: 1 });
  return batchWriter(async ([{ item }], abortSignal) => {
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
